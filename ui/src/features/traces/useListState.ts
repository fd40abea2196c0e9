import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { Selection } from "../../api/queries";
import { useProject } from "../../api/useProject";
import { DEFAULT_RANGE, type TimeRange } from "../../base/time";
import { DEFAULT_ORDER, type ListSearch, tidy } from "./search";

export type ListState = {
  selection: Selection;
  range: TimeRange;
  filter: string;
  order: string;
  isLive: boolean;
  /** Null is the reader's own choice. */
  columns: string | null;
  /** Changes the URL; `replace` leaves no step in the browser's history. */
  change: (part: Partial<Record<keyof ListSearch, string | null>>, replace?: boolean) => void;
};

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
