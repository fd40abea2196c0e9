import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useProject } from "../../api/useProject";
import { DEFAULT_RANGE } from "../../base/time";
import type { ListState } from "../../widgets/list/listState";
import { DEFAULT_ORDER, type LogSearch, tidy } from "./search";

export type LogsState = Omit<ListState, "change"> & {
  order: string;
  /** The record whose fields are shown. */
  openId: string | null;
  change: (part: Partial<Record<keyof LogSearch, string | null>>, replace?: boolean) => void;
};

/** The page's state, which is its URL, and the way to change it. */
export function useLogsState(): LogsState {
  const search = useSearch({ from: "/logs" });
  const navigate = useNavigate({ from: "/logs" });
  const project = useProject();

  const from = search.from ?? DEFAULT_RANGE.from;
  const to = search.to ?? DEFAULT_RANGE.to;
  const filter = search.filter ?? "";
  const change = useCallback<LogsState["change"]>(
    (part, replace = false) => {
      const merge = (before: LogSearch): LogSearch => {
        const next = Object.fromEntries(
          Object.entries({ ...before, ...part }).filter(([, value]) => value !== null),
        );
        return tidy(next as LogSearch);
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
    order: search.order === "time" ? "time" : DEFAULT_ORDER,
    isLive: search.live === "1",
    columns: search.cols ?? null,
    openId: search.log ?? null,
    change,
  };
}
