import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useProject } from "../../api/useProject";
import { DEFAULT_RANGE } from "../../base/time";
import type { ListState as SharedState } from "../../widgets/list/listState";
import { DEFAULT_ORDER, type ListSearch, tidy } from "./search";

export type ListState = SharedState & { order: string };

/** The list's state, which is its URL, and the way to change it. */
export function useListState(): ListState {
  const search = useSearch({ from: "/traces" });
  const navigate = useNavigate({ from: "/traces" });
  const project = useProject();

  const from = search.from ?? DEFAULT_RANGE.from;
  const to = search.to ?? DEFAULT_RANGE.to;
  const filter = search.filter ?? "";
  const change = useCallback<ListState["change"]>(
    (part, replace = false) => {
      const merge = (before: ListSearch): ListSearch => {
        const next = Object.fromEntries(
          Object.entries({ ...before, ...part }).filter(([, value]) => value !== null),
        );
        return tidy(next as ListSearch);
      };
      void navigate({ search: (before) => ({ ...merge(before), project: before.project }), replace });
    },
    [navigate],
  );
  const selection = useMemo(() => ({ project, from, to, filter }), [project, from, to, filter]);
  const range = useMemo(() => ({ from, to }), [from, to]);
  return {
    selection,
    range,
    filter,
    order: search.order ?? DEFAULT_ORDER,
    isLive: search.live === "1",
    columns: search.cols ?? null,
    change,
  };
}
