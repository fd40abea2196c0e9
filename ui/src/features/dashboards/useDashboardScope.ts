import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { resolveRange, type TimeRange } from "../../base/time";
import { REFRESHES, refreshMs } from "../../widgets/scope/scopeSearch";
import { useAutoRefresh } from "../../widgets/scope/useAutoRefresh";
import type { DashboardSearch } from "./search";

export type DashboardScope = {
  range: TimeRange;
  /** The range in milliseconds, as of the last refresh. */
  resolved: { from: number; to: number };
  refresh: string;
  filter: string;
  refreshNow: () => void;
  change: (part: Partial<DashboardSearch>) => void;
};

/** Range, refresh and filter from the URL, else as the dashboard says. */
export function useDashboardScope(time: TimeRange, refreshAtFirst: string): DashboardScope {
  const search = useSearch({ strict: false }) as DashboardSearch;
  const navigate = useNavigate();
  const [now, setNow] = useState(() => Date.now());
  const range = useMemo(
    () => ({ from: search.from ?? time.from, to: search.to ?? time.to }),
    [search.from, search.to, time.from, time.to],
  );
  const refresh = search.refresh ?? refreshAtFirst;
  const every = REFRESHES.find((one) => one === refresh) ?? "off";
  useAutoRefresh(refreshMs(every), () => setNow(Date.now()));
  const resolved = useMemo(
    () => resolveRange(range, now) ?? { from: now - 6 * 3_600_000, to: now },
    [range, now],
  );
  const change = useCallback(
    (part: Partial<DashboardSearch>) => {
      if ("from" in part || "to" in part) setNow(Date.now());
      void navigate({
        to: ".",
        search: ((before: DashboardSearch) => ({ ...before, ...part })) as never,
        replace: true,
      });
    },
    [navigate],
  );
  const refreshNow = useCallback(() => setNow(Date.now()), []);
  return { range, resolved, refresh, filter: search.filter ?? "", refreshNow, change };
}
