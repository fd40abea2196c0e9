/** What of the SQL page lives in its URL: the statement, its stretch of time, and how the result is shown. */

import type { SearchChange } from "../../widgets/list/listSearch";

export const CHARTS = ["line", "area", "bar", "pie"] as const;
export type ChartKind = (typeof CHARTS)[number];

export type SqlSearch = {
  q?: string;
  from?: string;
  to?: string;
  /** Absent is the table. */
  view?: ChartKind;
};

export const SQL_RANGE = { from: "now-24h", to: "now" };

export function parseSqlSearch(raw: Record<string, unknown>): SqlSearch {
  const search: SqlSearch = {};
  for (const key of ["q", "from", "to"] as const) {
    const value = raw[key];
    if (typeof value === "string" && value !== "") search[key] = value;
  }
  const view = CHARTS.find((one) => one === raw.view);
  if (view !== undefined) search.view = view;
  return search;
}

/** The search after a change, without what is the default anyway. */
export function changeSql(before: SqlSearch, part: SearchChange<SqlSearch>): SqlSearch {
  const merged = Object.entries({ ...before, ...part }).filter(([, value]) => value !== null && value !== "");
  const search: SqlSearch = Object.fromEntries(merged);
  if (search.from === SQL_RANGE.from && (search.to ?? "now") === SQL_RANGE.to) {
    delete search.from;
    delete search.to;
  }
  return search;
}
