import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { newestTraceQuery } from "../../api/queries";
import type { Problem } from "../../api/types";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatDateTime, toRfc3339 } from "../../base/time";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { ListSkeleton } from "../../widgets/list/ListSkeleton";
import { useListWords } from "../../widgets/list/strings";
import type { Column } from "./columns";
import classes from "./ListBody.module.css";
import { Onboarding } from "./Onboarding";
import { useListStrings } from "./strings";
import { TraceTable } from "./TraceTable";
import type { ListState } from "./useListState";
import type { useTraceList } from "./useTraceList";

/** Half of the range that is shown around a single trace. */
const AROUND_MS = 30 * 60_000;

type BodyProps = {
  state: ListState;
  source: ReturnType<typeof useTraceList>;
  columns: readonly Column[];
  cursor: number;
  topSignal: number;
  problem: Problem | null;
  onOpen: (index: number) => void;
  onNearEnd: () => void;
  onTop: (isAtTop: boolean) => void;
  onRetry: () => void;
};

/** The list, or what stands in its place: loading, failed, nothing found, nothing there yet. */
export function ListBody(props: BodyProps) {
  const t = useListStrings();
  const words = useListWords();
  const { state, source, problem } = props;
  const { list, traces } = source;
  if (problem !== null) return <EmptyState icon={<SearchX size={28} />} title={words("filterUnreadable")} />;
  if (list.isError && traces.length === 0) return <ErrorState error={list.error} onRetry={props.onRetry} />;
  if (list.isPending) return <ListSkeleton columns={props.columns} label={t("loading")} />;
  if (traces.length === 0) return <Nothing state={state} onRetry={props.onRetry} />;
  return (
    <TraceTable
      traces={traces}
      columns={props.columns}
      order={state.isLive ? "-start_time" : state.order}
      onOrder={(order) => state.change({ order, live: null })}
      cursor={props.cursor}
      topSignal={props.topSignal}
      onOpen={props.onOpen}
      onNearEnd={props.onNearEnd}
      onTop={props.onTop}
      footer={<Footer source={source} />}
    />
  );
}

function Footer(props: { source: BodyProps["source"] }) {
  const words = useListWords();
  const language = useLanguage();
  const { list, traces } = props.source;
  if (list.isFetchNextPageError) {
    return <ErrorState error={list.error} onRetry={() => void list.fetchNextPage()} />;
  }
  return (
    <div className={classes.footer}>
      {list.hasNextPage
        ? words("loadingMore")
        : words("end", { count: formatCount(traces.length, language) })}
    </div>
  );
}

function Nothing(props: { state: ListState; onRetry: () => void }) {
  const t = useListStrings();
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

/** No trace in the range: either the project has none at all, or they are older or newer. */
function Quiet(props: { state: ListState; onRetry: () => void }) {
  const t = useListStrings();
  const { state } = props;
  const newest = useQuery(newestTraceQuery(state.selection.project));
  if (newest.isPending) return null;
  const trace = newest.data?.items[0];
  if (trace === undefined) return <Onboarding state={state} onRetry={props.onRetry} />;
  const start = Date.parse(trace.start_time);
  const around = { from: toRfc3339(start - AROUND_MS), to: toRfc3339(start + AROUND_MS), live: null };
  return (
    <EmptyState
      icon={<SearchX size={28} />}
      title={t("quiet")}
      actions={<Button onClick={() => state.change(around)}>{t("showNewest")}</Button>}
    >
      {t("quietHint", { time: formatDateTime(trace.start_time).slice(0, 19) })}
    </EmptyState>
  );
}
