import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { Selection } from "../../api/queries";
import { useProject } from "../../api/useProject";
import { DEFAULT_RANGE, type TimeRange } from "../../base/time";
import {
  type Comparison,
  changeScope,
  comparedRange,
  type Refresh,
  refreshMs,
  type ScopeChange,
  type ScopeSearch,
} from "./scopeSearch";

export type ScopeState = {
  /** What most questions say: project, from, to, filter. */
  selection: Selection;
  comparison: Comparison;
  /** The stretch compared with, in the API's words for time; null where with nothing. */
  compare: TimeRange | null;
  refreshing: Refresh;
  /** Between two questions; null asks once. `<ScopeBar>` does the asking. */
  refresh: number | null;
  /** Changes the URL; null drops a part; `replace` leaves no step in the browser's history. */
  change: (part: ScopeChange, replace?: boolean) => void;
};

/** The scope that the open page's URL says; the page's route parses it with `parseScopeSearch`. */
export function useScopeState(defaults: TimeRange = DEFAULT_RANGE): ScopeState {
  const search: ScopeSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const project = useProject();
  const from = search.from ?? defaults.from;
  const to = search.to ?? (search.from === undefined ? defaults.to : "now");
  const filter = search.filter ?? "";
  const comparison = search.compare ?? "previous";
  const refreshing = search.refresh ?? "off";
  const change = useCallback(
    (part: ScopeChange, replace = false) =>
      void navigate({
        to: ".",
        search: ((before: Record<string, unknown>) => changeScope(before, part)) as never,
        replace,
      }),
    [navigate],
  );
  return useMemo(
    () => ({
      selection: { project, from, to, filter },
      comparison,
      compare: comparedRange({ from, to }, comparison, Date.now()),
      refreshing,
      refresh: refreshMs(refreshing),
      change,
    }),
    [project, from, to, filter, comparison, refreshing, change],
  );
}
