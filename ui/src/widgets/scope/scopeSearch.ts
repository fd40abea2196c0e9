/** What of a page's scope lives in its URL: when, of what, compared with when, and how often it is asked again. */

import {
  DEFAULT_RANGE,
  isRelative,
  resolveRange,
  resolveTime,
  type TimeRange,
  toRfc3339,
} from "../../base/time";

export const COMPARISONS = ["previous", "day", "week", "off"] as const;
/** `previous` is the stretch of the same length just before. */
export type Comparison = (typeof COMPARISONS)[number];

export const REFRESHES = ["off", "10s", "30s", "1m", "5m"] as const;
export type Refresh = (typeof REFRESHES)[number];

const REFRESH_MS: Record<Refresh, number | null> = {
  off: null,
  "10s": 10_000,
  "30s": 30_000,
  "1m": 60_000,
  "5m": 300_000,
};

export type ScopeSearch = {
  from?: string;
  to?: string;
  filter?: string;
  /** Absent is `previous`. */
  compare?: Exclude<Comparison, "previous">;
  /** Absent is `off`. */
  refresh?: Exclude<Refresh, "off">;
};

/** What changes in a URL; null drops the parameter. */
export type ScopeChange = { [Key in keyof ScopeSearch]?: string | null };

export function parseScopeSearch(raw: Record<string, unknown>): ScopeSearch {
  const search: ScopeSearch = {};
  for (const key of ["from", "to", "filter"] as const) {
    const value = raw[key];
    if (typeof value === "string" && value !== "") search[key] = value;
  }
  const compare = COMPARISONS.find((one) => one === raw.compare);
  const refresh = REFRESHES.find((one) => one === raw.refresh);
  if (compare !== undefined && compare !== "previous") search.compare = compare;
  if (refresh !== undefined && refresh !== "off") search.refresh = refresh;
  return search;
}

/** The search after a change, without what is the default anyway; what is not the scope's stays. */
export function changeScope<Search extends Record<string, unknown>>(
  before: Search,
  part: ScopeChange,
): Search & ScopeSearch {
  const { from: _from, to: _to, filter: _filter, compare: _compare, refresh: _refresh, ...others } = before;
  const merged = parseScopeSearch({ ...before, ...part });
  if (merged.from === DEFAULT_RANGE.from && (merged.to ?? "now") === DEFAULT_RANGE.to) {
    delete merged.from;
    delete merged.to;
  }
  if (merged.filter?.trim() === "") delete merged.filter;
  return { ...others, ...merged } as Search & ScopeSearch;
}

export function refreshMs(refresh: Refresh): number | null {
  return REFRESH_MS[refresh];
}

const DAY_MS = 86_400_000;

/** The stretch that a range is compared with, relative to now where the range is; null where with nothing. */
export function comparedRange(range: TimeRange, comparison: Comparison, now: number): TimeRange | null {
  const resolved = resolveRange(range, now);
  if (comparison === "off" || resolved === null) return null;
  const length = resolved.to - resolved.from;
  const back = comparison === "previous" ? length : comparison === "day" ? DAY_MS : 7 * DAY_MS;
  return { from: earlier(range.from, back, now), to: earlier(range.to, back, now) };
}

const UNITS: readonly [string, number][] = [
  ["d", DAY_MS],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** Whole seconds stay relative, so that the question stays the same one while the clock goes on. */
function earlier(time: string, back: number, now: number): string {
  const moment = (resolveTime(time, now) ?? now) - back;
  if (!isRelative(time) || back % 1000 !== 0) return toRfc3339(moment);
  const ago = now - moment;
  const [unit, size] = UNITS.find(([, ms]) => ago % ms === 0) ?? ["s", 1000];
  return `now-${Math.round(ago / size)}${unit}`;
}
