import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import { usePreference } from "../../base/preferences";
import { rememberList } from "../../model/listMemory";
import { FacetPanel } from "../../widgets/list/FacetPanel";
import { FreshPill } from "../../widgets/list/FreshPill";
import { Toolbar } from "../../widgets/list/Toolbar";
import { useColumnChoice } from "../../widgets/list/useColumnChoice";
import { COLUMNS, columnsFor } from "./columns";
import { HistogramPanel } from "./HistogramPanel";
import { useListStrings } from "./strings";
import { TracesBody } from "./TracesBody";
import classes from "./TracesPage.module.css";
import { useListShortcuts } from "./useListShortcuts";
import { DEFAULT_ORDER, useListState } from "./useListState";
import { rememberOpened, useReturn } from "./useReturn";
import { useTraceList } from "./useTraceList";

const OPEN_FACETS = ["status", "service", "model", "feature"];
const FIRST_FACETS = [
  "status",
  "service",
  "environment",
  "model",
  "feature",
  "team",
  "user_id",
  "kind",
  "error_type",
  "tags",
];

/** Every trace of the project in a time range. */
export function TracesPage() {
  const t = useListStrings();
  const navigate = useNavigate();
  const state = useListState();
  const [facets, setFacets] = usePreference("facets.panel", window.innerWidth > 1100 ? "shown" : "hidden");
  const [chart, setChart] = usePreference("chart.panel", "shown");
  const [isAtTop, setAtTop] = useState(true);
  const order = state.isLive ? DEFAULT_ORDER : state.order;
  const source = useTraceList(state.selection, order, state.isLive, isAtTop);
  const { list, traces } = source;
  const hasScores = traces.some((trace) => Object.keys(trace.scores).length > 0);
  const hasTags = traces.some((trace) => trace.tags.length > 0);
  const known = useMemo(() => columnsFor({ scores: hasScores, tags: hasTags }), [hasScores, hasTags]);
  const columns = useColumnChoice(known, state, "columns");
  const [cursor, setCursor] = useState(-1);
  const [topSignal, setTopSignal] = useState(0);
  const inputRef = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);
  useReturn(traces, setCursor);

  const remember = useCallback(
    (index: number) => {
      const around = traces.slice(Math.max(0, index - 500), index + 500);
      rememberList({ search: window.location.search, traceIds: around.map((trace) => trace.trace_id) });
      rememberOpened(traces[index]?.trace_id);
    },
    [traces],
  );
  const open = (index: number) => {
    const trace = traces[index];
    if (trace === undefined) return;
    remember(index);
    void navigate({ to: "/traces/$traceId", params: { traceId: trace.trace_id } });
  };
  const onNearEnd = useCallback(() => {
    if (list.hasNextPage && !list.isFetchingNextPage && !list.isFetchNextPageError) void list.fetchNextPage();
  }, [list]);
  const toggleLive = () => {
    setCursor(-1);
    state.change(
      state.isLive ? { live: null } : { live: "1", to: null, from: liveFrom(state.range.from), order: null },
    );
  };
  const showFresh = () => {
    source.showFresh();
    setTopSignal((signal) => signal + 1);
  };
  const refresh = () => void source.refresh();
  const toggleFacets = () => setFacets(facets === "shown" ? "hidden" : "shown");
  const toggleChart = () => setChart(chart === "shown" ? "hidden" : "shown");
  useListShortcuts({
    count: traces.length,
    cursor,
    setCursor,
    open,
    inputRef,
    refresh,
    toggleLive,
    toggleFacets,
  });

  const problem =
    list.error instanceof ApiError && list.error.problem.column !== null ? list.error.problem : null;
  return (
    <main className={classes.page}>
      <h1 className="sr-only">{t("title")}</h1>
      <Toolbar
        state={state}
        target="traces"
        columns={{
          ...columns,
          all: COLUMNS.map((column) => ({ id: column.id, title: column.title(t) })),
          shown: columns.shown.map((column) => column.id),
        }}
        problem={problem}
        inputRef={inputRef}
        isBusy={list.isFetching && !list.isFetchingNextPage}
        filterPlaceholder={t("filterPlaceholder")}
        liveHint={t("liveHint")}
        liveOn={t("liveOn")}
        isLiveFailing={source.liveError !== null}
        hasFacets={facets === "shown"}
        hasChart={chart === "shown"}
        onFacets={toggleFacets}
        onChart={toggleChart}
        onLive={toggleLive}
        onRefresh={refresh}
      />
      {chart === "shown" && <HistogramPanel state={state} />}
      <div className={classes.main}>
        {facets === "shown" && (
          <FacetPanel
            state={state}
            target="traces"
            first={FIRST_FACETS}
            openAtFirst={OPEN_FACETS}
            preference="facets"
          />
        )}
        <div className={classes.list}>
          <FreshPill
            count={source.freshCount}
            label={t("fresh", { count: source.freshCount })}
            onShow={showFresh}
          />
          <TracesBody
            state={state}
            source={source}
            columns={columns.shown}
            cursor={cursor}
            topSignal={topSignal}
            problem={problem}
            onOpen={remember}
            onNearEnd={onNearEnd}
            onTop={setAtTop}
            onRetry={refresh}
          />
        </div>
      </div>
    </main>
  );
}

/** A tail needs a window that moves with the clock. */
function liveFrom(from: string): string | null {
  return from.startsWith("now") ? from : null;
}
