import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { newestLogQuery } from "../../api/queries";
import type { Problem } from "../../api/types";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatDateTime, toRfc3339 } from "../../base/time";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { ListSkeleton } from "../../widgets/list/ListSkeleton";
import { useListWords } from "../../widgets/list/strings";
import type { LogColumn } from "../../widgets/logs/columns";
import { LogOnboarding } from "./LogOnboarding";
import classes from "./LogsPage.module.css";
import { useLogsStrings } from "./strings";
import type { LogList } from "./useLogList";
import type { LogsState } from "./useLogsState";

/** Half of the range that is shown around a single record. */
const AROUND_MS = 15 * 60_000;

/** The list, or what stands in its place: loading, failed, nothing found, nothing there yet. */
export function LogsBody(props: {
  state: LogsState;
  source: LogList;
  columns: readonly LogColumn[];
  problem: Problem | null;
  onRetry: () => void;
  children: ReactNode;
}) {
  const t = useLogsStrings();
  const words = useListWords();
  const { list, logs } = props.source;
  if (props.problem !== null) {
    return <EmptyState icon={<SearchX size={28} />} title={words("filterUnreadable")} />;
  }
  if (list.isError && logs.length === 0) return <ErrorState error={list.error} onRetry={props.onRetry} />;
  if (list.isPending) return <ListSkeleton columns={props.columns} label={t("loading")} />;
  if (logs.length === 0) return <Nothing state={props.state} onRetry={props.onRetry} />;
  return props.children;
}

export function LogsFooter(props: { source: LogList }) {
  const words = useListWords();
  const language = useLanguage();
  const { list, logs } = props.source;
  if (list.isFetchNextPageError) {
    return <ErrorState error={list.error} onRetry={() => void list.fetchNextPage()} />;
  }
  return (
    <div className={classes.footer}>
      {list.hasNextPage ? words("loadingMore") : words("end", { count: formatCount(logs.length, language) })}
    </div>
  );
}

function Nothing(props: { state: LogsState; onRetry: () => void }) {
  const t = useLogsStrings();
  const words = useListWords();
  const { state } = props;
  if (state.filter === "") return <Quiet {...props} />;
  return (
    <EmptyState
      icon={<SearchX size={28} />}
      title={t("nothing")}
      actions={
        <>
          <Button onClick={() => state.change({ filter: null })}>{words("dropFilter")}</Button>
          <Button onClick={() => state.change({ from: "now-7d", to: "now" })}>{words("look7d")}</Button>
        </>
      }
    >
      {t("nothingHint")}
    </EmptyState>
  );
}

/** No record in the range: either the project has none at all, or they are older or newer. */
function Quiet(props: { state: LogsState; onRetry: () => void }) {
  const t = useLogsStrings();
  const { state } = props;
  const newest = useQuery(newestLogQuery(state.selection.project));
  if (newest.isPending) return null;
  const log = newest.data?.items[0];
  if (log === undefined) return <LogOnboarding state={state} onRetry={props.onRetry} />;
  const at = Date.parse(log.time);
  const around = { from: toRfc3339(at - AROUND_MS), to: toRfc3339(at + AROUND_MS), live: null };
  return (
    <EmptyState
      icon={<SearchX size={28} />}
      title={t("quiet")}
      actions={<Button onClick={() => state.change(around)}>{t("showNewest")}</Button>}
    >
      {t("quietHint", { time: formatDateTime(log.time).slice(0, 19) })}
    </EmptyState>
  );
}
