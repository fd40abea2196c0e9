import { Button } from "@mantine/core";
import { SearchX } from "lucide-react";
import type { Problem } from "../../api/types";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import type { Column } from "./columns";
import classes from "./ListBody.module.css";
import { ListSkeleton } from "./ListSkeleton";
import { Onboarding } from "./Onboarding";
import { useListStrings } from "./strings";
import { TraceTable } from "./TraceTable";
import type { ListState } from "./useListState";
import type { useTraceList } from "./useTraceList";

type BodyProps = {
  state: ListState;
  source: ReturnType<typeof useTraceList>;
  columns: readonly Column[];
  cursor: number;
  problem: Problem | null;
  onOpen: (index: number) => void;
  onNearEnd: () => void;
  onTop: (isAtTop: boolean) => void;
  onRetry: () => void;
};

/** The list, or what stands in its place: loading, failed, nothing found, nothing there yet. */
export function ListBody(props: BodyProps) {
  const t = useListStrings();
  const { state, source, problem } = props;
  const { list, traces } = source;
  if (problem !== null) return <EmptyState icon={<SearchX size={28} />} title={t("filterUnreadable")} />;
  if (list.isError && traces.length === 0) return <ErrorState error={list.error} onRetry={props.onRetry} />;
  if (list.isPending) return <ListSkeleton columns={props.columns} />;
  if (traces.length === 0) return <Nothing state={state} onRetry={props.onRetry} />;
  return (
    <TraceTable
      traces={traces}
      columns={props.columns}
      order={state.isLive ? "-start_time" : state.order}
      onOrder={(order) => state.change({ order, live: null })}
      cursor={props.cursor}
      onOpen={props.onOpen}
      onNearEnd={props.onNearEnd}
      onTop={props.onTop}
      footer={<Footer source={source} />}
    />
  );
}

function Footer(props: { source: BodyProps["source"] }) {
  const t = useListStrings();
  const language = useLanguage();
  const { list, traces } = props.source;
  if (list.isFetchNextPageError) {
    return <ErrorState error={list.error} onRetry={() => void list.fetchNextPage()} />;
  }
  return (
    <div className={classes.footer}>
      {list.hasNextPage ? t("loadingMore") : t("end", { count: formatCount(traces.length, language) })}
    </div>
  );
}

function Nothing(props: { state: ListState; onRetry: () => void }) {
  const t = useListStrings();
  const { state } = props;
  if (state.filter === "") return <Onboarding state={state} onRetry={props.onRetry} />;
  return (
    <EmptyState
      icon={<SearchX size={28} />}
      title={t("nothing")}
      actions={
        <>
          <Button onClick={() => state.change({ filter: null })}>{t("dropFilter")}</Button>
          <Button onClick={() => state.change({ from: "now-7d", to: "now" })}>{t("look7d")}</Button>
        </>
      }
    >
      {t("nothingHint")}
    </EmptyState>
  );
}
