import { Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useCallback, useMemo } from "react";
import { traceLogsQuery } from "../../api/queries";
import type { Log, Trace } from "../../api/types";
import { useProject } from "../../api/useProject";
import { usePreference } from "../../base/preferences";
import { parseNanoTime } from "../../base/time";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { TRACE_LOG_COLUMNS } from "../../widgets/logs/columns";
import { LogTable } from "../../widgets/logs/LogTable";
import { useLogWords } from "../../widgets/logs/strings";
import { useIsNarrow } from "./SplitView";
import { useTraceStrings } from "./strings";
import classes from "./TracePage.module.css";
import type { Tree } from "./types";
import { useLogFilter } from "./useLogFilter";
import type { TraceState } from "./useTraceState";

const REFRESH_MS = 4_000;

/** All records of the trace in the order of time. A click shows a record's fields and selects its span. */
export function TraceLogs(props: { trace: Trace; tree: Tree; state: TraceState; isLive: boolean }) {
  const t = useTraceStrings();
  const words = useLogWords();
  const project = useProject();
  const { trace, tree, state } = props;
  const { actions, logId, query, selected } = state;
  const isNarrow = useIsNarrow();
  const [wrap] = usePreference("log.wrap", "off");
  const list = useInfiniteQuery({
    ...traceLogsQuery(project, trace),
    refetchInterval: props.isLive ? REFRESH_MS : false,
  });
  const logs = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const onFilter = useLogFilter(trace);
  const context = useMemo(
    () => ({
      t: words,
      now: Date.now(),
      marks: query.trim() === "" ? [] : [query.trim()],
      start: parseNanoTime(trace.start_time),
      spanName: (spanId: string) => tree.byId.get(spanId)?.span.name,
    }),
    [words, query, trace.start_time, tree],
  );
  const onToggle = useCallback(
    (log: Log) =>
      actions.openLog(
        log.log_id === logId ? undefined : log.log_id,
        // The span's panel would cover the record.
        isNarrow ? null : log.span_id,
      ),
    [actions, logId, isNarrow],
  );
  const onNearEnd = useCallback(() => {
    if (list.hasNextPage && !list.isFetchingNextPage && !list.isFetchNextPageError) void list.fetchNextPage();
  }, [list]);

  if (list.isPending) return <Skeleton height={22} m="sm" aria-label={t("loading")} />;
  if (list.isError && logs.length === 0) {
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  }
  if (logs.length === 0) {
    return (
      <EmptyState icon={<ScrollText size={28} />} title={t("noLogs")}>
        {t("noLogsHelp")}
      </EmptyState>
    );
  }
  const cursor = logs.findIndex((log) => log.log_id === logId);
  return (
    <div className={classes.logs}>
      <LogTable
        logs={logs}
        columns={TRACE_LOG_COLUMNS}
        context={context}
        isWrapped={wrap === "on"}
        cursor={cursor}
        highlightSpanId={selected?.span.span_id ?? null}
        openId={logId}
        onToggle={onToggle}
        onFilter={onFilter}
        hasTraceLinks={false}
        onNearEnd={onNearEnd}
      />
    </div>
  );
}
