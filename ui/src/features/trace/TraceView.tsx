import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import type { Score, Trace } from "../../api/types";
import { neighbours, recallList } from "../../model/listMemory";
import { sortSpans } from "../../model/traceTable";
import { transcriptOf } from "../../model/traceTranscript";
import { EmptyState } from "../../widgets/EmptyState";
import { MissingParents } from "./MissingParents";
import { SpanPanel } from "./panel/SpanPanel";
import { SpanTable } from "./SpanTable";
import { SplitView, useIsNarrow } from "./SplitView";
import { useTraceStrings } from "./strings";
import { TraceHeader } from "./TraceHeader";
import { TraceLogs } from "./TraceLogs";
import classes from "./TracePage.module.css";
import { TraceToolbar } from "./TraceToolbar";
import { Transcript } from "./Transcript";
import type { Node, Tree } from "./types";
import { useTraceSearch } from "./useTraceSearch";
import { useTraceShortcuts } from "./useTraceShortcuts";
import { useTraceState } from "./useTraceState";
import { Waterfall } from "./Waterfall";

/** A loaded trace: its head, one of three views of its spans, and the panel of the selected one. */
export function TraceView(props: {
  trace: Trace;
  /** Of the trace itself; its spans have their own. */
  scores: readonly Score[];
  tree: Tree;
  isLive: boolean;
  onReload: () => void;
}) {
  const { trace, tree, scores } = props;
  const t = useTraceStrings();
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const searchInput = useRef<HTMLInputElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isDrawerOpen, setDrawerOpen] = useState(true);

  const state = useTraceState(tree);
  const { actions, selected } = state;
  const search = useTraceSearch({ tree, traceId: trace.trace_id, query: state.query, selected, actions });
  const turns = useMemo(() => (state.view === "transcript" ? transcriptOf(tree) : []), [tree, state.view]);
  const order = useMemo(() => {
    if (state.view === "transcript") return turns.map((turn) => turn.node);
    return state.view === "table" ? sortSpans(tree.nodes, state.sort) : state.rows;
  }, [state.view, state.rows, state.sort, tree, turns]);

  const allScores = useMemo(
    () => [...scores, ...tree.nodes.flatMap((node) => node.span.scores)],
    [scores, tree],
  );
  const memory = useMemo(recallList, []);
  const around = neighbours(memory, trace.trace_id);
  const goToNeighbour = (direction: 1 | -1) => {
    const traceId = direction === 1 ? around.next : around.previous;
    if (traceId) void navigate({ to: "/traces/$traceId", params: { traceId }, search: { view: viewParam } });
  };
  const viewParam = state.view === "waterfall" ? undefined : state.view;
  const goToList = () => void navigate({ href: `/traces${memory?.search ?? ""}` });

  const onSelect = useCallback(
    (node: Node) => {
      actions.select(node);
      setDrawerOpen(true);
    },
    [actions],
  );
  const openPanel = () => {
    const current = actions.current();
    if (current) onSelect(current);
    panel.current?.focus();
  };

  useTraceShortcuts({
    tree,
    state,
    order,
    search,
    focusSearch: () => searchInput.current?.select(),
    openPanel,
    goToList,
    goToNeighbour,
  });

  return (
    <main className={classes.page}>
      <TraceHeader
        trace={trace}
        scores={scores}
        allScores={allScores}
        isLive={props.isLive}
        around={around}
        onStep={goToNeighbour}
        onBack={goToList}
        onDeleted={goToList}
      />
      <MissingParents tree={tree} />
      <TraceToolbar trace={trace} tree={tree} state={state} search={search} inputRef={searchInput} />
      <SplitView
        isNarrow={isNarrow}
        isOpen={isDrawerOpen && state.selectedId !== undefined}
        onClose={() => setDrawerOpen(false)}
        main={
          tree.nodes.length === 0 ? (
            <EmptyState title={t("empty")} />
          ) : state.view === "logs" ? (
            <TraceLogs trace={trace} tree={tree} state={state} isLive={props.isLive} />
          ) : state.view === "transcript" ? (
            <Transcript
              traceId={trace.trace_id}
              turns={turns}
              selected={selected}
              query={state.query}
              matchIds={search.matchIds}
              onSelect={onSelect}
            />
          ) : state.view === "table" ? (
            <SpanTable
              nodes={order}
              sort={state.sort}
              selected={selected}
              matchIds={search.matchIds}
              query={state.query}
              onSelect={onSelect}
              onSort={actions.setSort}
            />
          ) : (
            <Waterfall
              tree={tree}
              rows={state.rows}
              fold={state.fold}
              selected={selected}
              matchIds={search.matchIds}
              query={state.query}
              actions={actions}
              onSelect={onSelect}
            />
          )
        }
        panel={
          <SpanPanel
            panelRef={panel}
            trace={trace}
            tree={tree}
            allScores={allScores}
            node={selected}
            missingId={selected === null ? state.selectedId : undefined}
            tab={state.tab}
            query={state.query}
            isLive={props.isLive}
            onTab={actions.setTab}
            onClose={isNarrow ? () => setDrawerOpen(false) : undefined}
          />
        }
      />
    </main>
  );
}
