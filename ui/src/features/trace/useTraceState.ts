import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useRef } from "react";
import {
  ALL_FOLDED,
  type Fold,
  isFolded,
  NOTHING_FOLDED,
  parseFold,
  printFold,
  revealNode,
  setFolded,
} from "../../model/traceFold";
import { visibleNodes } from "../../model/traceTree";
import type { Tab, TraceSearch, View } from "./search";
import type { Node, Tree } from "./types";

const ROUTE = "/traces/$traceId";

/** The page's state, which is the URL's: what is selected, folded and searched, and how it is looked at. */
export function useTraceState(tree: Tree) {
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: ROUTE });
  // Keys repeat faster than the router renders: the next step starts from here, not from the last render.
  const latest = useRef<TraceSearch>(search);
  latest.current = search;

  const change = useCallback(
    (part: { [K in keyof TraceSearch]: TraceSearch[K] | undefined }) => {
      const next: Record<string, unknown> = { ...latest.current, ...part };
      for (const key of Object.keys(next)) if (next[key] === undefined || next[key] === "") delete next[key];
      latest.current = next as TraceSearch;
      void navigate({ search: latest.current, replace: true, resetScroll: false });
    },
    [navigate],
  );

  const actions = useMemo(() => {
    const fold = () => parseFold(latest.current.fold);
    const changeFold = (next: Fold) => change({ fold: printFold(next) });
    return {
      /** Selects a span and opens what hides it. */
      select: (node: Node) => change({ span: node.span.span_id, fold: printFold(revealNode(fold(), node)) }),
      deselect: () => change({ span: undefined }),
      setFolded: (node: Node, folded: boolean) => changeFold(setFolded(fold(), node, folded)),
      isFolded: (node: Node) => isFolded(fold(), node),
      expandAll: () => changeFold(NOTHING_FOLDED),
      collapseAll: () => changeFold(ALL_FOLDED),
      setView: (view: View) => change({ view: view === "waterfall" ? undefined : view }),
      setTab: (tab: Tab) => change({ tab: tab === "overview" ? undefined : tab }),
      setQuery: (q: string) => change({ q }),
      setSort: (sort: string | undefined) => change({ sort }),
      /** Shows a log record's fields, and selects the span it was written in where the trace has it. */
      openLog: (log: string | undefined, spanId: string | null) =>
        change({ log, ...(spanId !== null && tree.byId.has(spanId) ? { span: spanId } : {}) }),
      /** The span that keys move from, however many of them came since the last render. */
      current: () => tree.byId.get(latest.current.span ?? "") ?? tree.nodes[0] ?? null,
    };
  }, [change, tree]);

  const fold = useMemo(() => parseFold(search.fold), [search.fold]);
  const rows = useMemo(() => visibleNodes(tree, (node) => isFolded(fold, node)), [tree, fold]);
  const named = search.span === undefined ? undefined : tree.byId.get(search.span);

  return {
    actions,
    rows,
    fold,
    view: search.view ?? "waterfall",
    tab: search.tab ?? "overview",
    query: search.q ?? "",
    sort: search.sort,
    logId: search.log ?? null,
    /** Null where the URL names a span that the trace does not have (yet). */
    selected: search.span === undefined ? (tree.nodes[0] ?? null) : (named ?? null),
    /** What the URL names; undefined where it leaves the choice to us. */
    selectedId: search.span,
  };
}

export type TraceState = ReturnType<typeof useTraceState>;
export type TraceActions = TraceState["actions"];
