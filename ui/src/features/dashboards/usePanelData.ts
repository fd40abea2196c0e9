import { keepPreviousData, useQueries, useQueryClient } from "@tanstack/react-query";
import { isQueried, type Panel, type PanelQuery } from "../../model/dashboards/document";
import { type Series, type TableFrame, windowOfPoints } from "../../model/dashboards/frames";
import { loadQuery, type PanelAnswer, type PanelContext, windowOf } from "./panelData";

export type PanelData = {
  series: readonly Series[];
  trend: readonly Series[];
  table: TableFrame | null;
  isPending: boolean;
  isFetching: boolean;
  isCut: boolean;
  warnings: readonly string[];
  /** By the query's place. */
  errors: readonly (Error | null)[];
  retry: () => void;
  window: { from: number; to: number; step: number };
};

/** The panel's answers; nothing is asked while it is out of sight. */
export function usePanelData(panel: Panel, context: PanelContext, isInSight: boolean): PanelData {
  const client = useQueryClient();
  const queries = isQueried(panel.kind) ? panel.queries : [];
  const window = windowOf(panel, context.range);
  const answers = useQueries({
    queries: queries.map((query) => ({
      queryKey: keyOf(panel, query, context, window),
      queryFn: (): Promise<PanelAnswer> =>
        loadQuery(panel, query, context, (options) =>
          // biome-ignore lint/suspicious/noExplicitAny: each kind of query answers in its own shape
          client.fetchQuery(options as any),
        ),
      enabled: isInSight,
      placeholderData: keepPreviousData,
      retry: false,
      staleTime: Number.POSITIVE_INFINITY,
    })),
  });
  const isSql = queries.some((query) => query.kind === "sql");
  const known = answers.flatMap((answer) => (answer.data === undefined || answer.error ? [] : [answer.data]));
  const series = known.flatMap((answer) => answer.series);
  return {
    series,
    trend: known.flatMap((answer) => answer.trend),
    table: known.find((answer) => answer.table !== null)?.table ?? null,
    isPending: answers.some((answer) => answer.isPending),
    isFetching: answers.some((answer) => answer.isFetching),
    isCut: known.some((answer) => answer.isCut),
    warnings: known.flatMap((answer) => answer.warnings),
    errors: answers.map((answer) => answer.error),
    retry: () => {
      for (const answer of answers) if (answer.error) void answer.refetch();
    },
    window: isSql ? windowOfPoints(series, window) : window,
  };
}

/** All that a query's answer hangs on; SQL binds the values that a variable offers where all are chosen. */
function keyOf(panel: Panel, query: PanelQuery, context: PanelContext, window: PanelData["window"]) {
  const options = query.kind === "sql" ? context.options : null;
  const { project, values, filter } = context;
  return ["panel", project, panel.kind, panel.reduce, query, values, options, filter, window];
}
