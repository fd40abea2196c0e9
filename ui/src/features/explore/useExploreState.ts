import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useProject } from "../../api/useProject";
import { resolveRange, type TimeRange } from "../../base/time";
import { stepOf } from "../../model/promql";
import type { SearchChange } from "../../widgets/list/listSearch";
import { changeExplore, EXPLORE_RANGE, type ExploreSearch } from "./search";

const POINTS_MAX = 500;
const LIVE_MS = 10_000;

/** The page's state, which is its URL, and the window it comes to now. */
export function useExploreState() {
  const search = useSearch({ from: "/explore" });
  const navigate = useNavigate({ from: "/explore" });
  const project = useProject();
  const [asked, setAsked] = useState(() => Date.now());
  const from = search.from ?? EXPLORE_RANGE.from;
  const to = search.to ?? EXPLORE_RANGE.to;
  const isLive = search.live === "1";
  const range: TimeRange = useMemo(() => ({ from, to }), [from, to]);
  const window = useMemo(() => windowOf(range, asked), [range, asked]);
  const change = useCallback(
    (part: SearchChange<ExploreSearch>, replace = false) => {
      setAsked(Date.now());
      void navigate({ search: (before) => changeExplore(before, part), replace });
    },
    [navigate],
  );
  const refresh = useCallback(() => setAsked(Date.now()), []);
  useEffect(() => {
    if (!isLive) return;
    const timer = setInterval(refresh, LIVE_MS);
    return () => clearInterval(timer);
  }, [isLive, refresh]);
  return {
    project,
    expression: search.expr ?? "",
    isTable: search.view === "table",
    isLive,
    range,
    window,
    change,
    refresh,
  };
}

/** Whole steps, so that the same link shows the same points. */
function windowOf(range: TimeRange, now: number): { from: number; to: number; step: number } {
  const resolved = resolveRange(range, now) ?? resolveRange(EXPLORE_RANGE, now) ?? { from: now - 1, to: now };
  const step = stepOf(resolved.to - resolved.from, POINTS_MAX);
  const floor = (time: number) => Math.floor(time / step) * step;
  const to = Math.max(floor(resolved.to), step);
  return { from: Math.min(floor(resolved.from), to - step), to, step };
}
