import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { changeSearch } from "../../widgets/list/listSearch";
import { type ListState as SharedState, useSearchState } from "../../widgets/list/listState";

export const DEFAULT_ORDER = "-start_time";

export type ListState = SharedState & { order: string };

/** The list's state, which is its URL, and the way to change it. */
export function useListState(): ListState {
  const search = useSearch({ from: "/traces" });
  const navigate = useNavigate({ from: "/traces" });
  const change = useCallback<ListState["change"]>(
    (part, replace = false) =>
      void navigate({ search: (before) => changeSearch(before, part, DEFAULT_ORDER), replace }),
    [navigate],
  );
  return { ...useSearchState(search), order: search.order ?? DEFAULT_ORDER, change };
}
