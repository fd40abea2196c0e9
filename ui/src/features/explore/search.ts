/** What of the metrics page lives in its URL. */

import type { SearchChange } from "../../widgets/list/listSearch";

export type ExploreSearch = {
  expr?: string;
  from?: string;
  to?: string;
  /** Absent is the graph. */
  view?: "table";
  /** Present while the page asks again every few seconds. */
  live?: "1";
};

export const EXPLORE_RANGE = { from: "now-1h", to: "now" };

export function parseExploreSearch(raw: Record<string, unknown>): ExploreSearch {
  const search: ExploreSearch = {};
  for (const key of ["expr", "from", "to"] as const) {
    const value = raw[key];
    if (typeof value === "string" && value !== "") search[key] = value;
  }
  if (raw.view === "table") search.view = "table";
  if (raw.live === "1") search.live = "1";
  return search;
}

/** The search after a change, without what is the default anyway. */
export function changeExplore(before: ExploreSearch, part: SearchChange<ExploreSearch>): ExploreSearch {
  const merged = Object.entries({ ...before, ...part }).filter(([, value]) => value !== null && value !== "");
  const search: ExploreSearch = Object.fromEntries(merged);
  if (search.from === EXPLORE_RANGE.from && (search.to ?? "now") === EXPLORE_RANGE.to) {
    delete search.from;
    delete search.to;
  }
  return search;
}
