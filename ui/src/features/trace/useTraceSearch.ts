import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { traceSearchQuery } from "../../api/queries";
import { useProject } from "../../api/useProject";
import { searchTree, stepToMatch } from "../../model/traceSearch";
import type { Node, Tree } from "./types";
import type { TraceActions } from "./useTraceState";

const NONE: readonly string[] = [];

/** Matches of the query: names at once, payloads as soon as the server has looked. */
export function useTraceSearch(props: {
  tree: Tree;
  traceId: string;
  query: string;
  selected: Node | null;
  actions: TraceActions;
}) {
  const { tree, query, selected, actions } = props;
  const project = useProject();
  const [asked] = useDebouncedValue(query.trim(), 200);
  const answer = useQuery({
    ...traceSearchQuery(project, props.traceId, asked),
    placeholderData: keepPreviousData,
  });
  const found = asked === "" || query.trim() === "" ? NONE : (answer.data?.span_ids ?? NONE);
  const matches = useMemo(() => searchTree(tree, query, found), [tree, query, found]);
  const matchIds = useMemo(() => new Set(matches.map((node) => node.span.span_id)), [matches]);

  const step = (direction: 1 | -1) => {
    const current = actions.current();
    const match = matches[stepToMatch(matches, current?.index ?? -1, direction)];
    if (match) actions.select(match);
  };

  return {
    matches,
    matchIds,
    step,
    /** Position of the selected span among the matches, from 1; 0 where it is none of them. */
    position: selected === null ? 0 : matches.indexOf(selected) + 1,
    isSearching: answer.isFetching || asked !== query.trim(),
    error: answer.error,
  };
}

export type TraceSearchState = ReturnType<typeof useTraceSearch>;
