import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { changeSearch, type SearchChange } from "../../widgets/list/listSearch";
import { type ListState, useSearchState } from "../../widgets/list/listState";
import { DEFAULT_ORDER, type LogSearch } from "./search";

export type LogsState = Omit<ListState, "change"> & {
  order: string;
  /** The record whose fields are shown. */
  openId: string | null;
  change: (part: SearchChange<LogSearch>, replace?: boolean) => void;
};

/** The page's state, which is its URL, and the way to change it. */
export function useLogsState(): LogsState {
  const search = useSearch({ from: "/logs" });
  const navigate = useNavigate({ from: "/logs" });
  const change = useCallback<LogsState["change"]>(
    (part, replace = false) =>
      void navigate({ search: (before) => changeSearch(before, part, DEFAULT_ORDER), replace }),
    [navigate],
  );
  return {
    ...useSearchState(search),
    order: search.order === "time" ? "time" : DEFAULT_ORDER,
    openId: search.log ?? null,
    change,
  };
}
