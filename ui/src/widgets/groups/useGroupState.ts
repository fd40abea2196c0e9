import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { changeSearch, type ListSearch } from "../list/listSearch";
import { type ListState, useSearchState } from "../list/listState";

export const DEFAULT_ORDER = "-last_time";

export type GroupState = ListState & { order: string };

/** What the URL of a page about many traces says, and the way to change it. */
export function useGroupState(): GroupState {
  const search = useSearch({ strict: false }) as ListSearch;
  const navigate = useNavigate();
  const change = useCallback<ListState["change"]>(
    (part, replace = false) =>
      void navigate({
        to: ".",
        search: (before) => changeSearch(before as ListSearch, part, DEFAULT_ORDER),
        replace,
      }),
    [navigate],
  );
  return { ...useSearchState(search), order: search.order ?? DEFAULT_ORDER, change };
}
