/** What of a list's state lives in its URL: everything a colleague should see who opens the link. */

import { DEFAULT_RANGE } from "../../base/time";

export type ListSearch = {
  from?: string;
  to?: string;
  filter?: string;
  /** Field with "-" for descending; absent is newest first. */
  order?: string;
  /** Present while the list follows what arrives. */
  live?: "1";
  /** Columns shown, comma separated; absent is the reader's own choice. */
  cols?: string;
};

/** What changes in a URL; null drops the parameter. */
export type SearchChange<Search> = Partial<Record<keyof Search, string | null>>;

const TEXT_KEYS = ["from", "to", "filter", "order", "cols"] as const;

export function parseListSearch(raw: Record<string, unknown>): ListSearch {
  const search: ListSearch = {};
  for (const key of TEXT_KEYS) {
    const value = raw[key];
    if (typeof value === "string" && value !== "") search[key] = value;
  }
  if (raw.live === "1") search.live = "1";
  return search;
}

/** The search after a change, without what is the default anyway: short links, one URL for one view. */
export function changeSearch<Search extends ListSearch>(
  before: Search,
  part: SearchChange<Search>,
  defaultOrder: string,
): Search {
  const merged = Object.entries({ ...before, ...part }).filter(([, value]) => value !== null);
  return tidy(Object.fromEntries(merged) as Search, defaultOrder);
}

function tidy<Search extends ListSearch>(search: Search, defaultOrder: string): Search {
  const tidied = { ...search };
  if (tidied.from === DEFAULT_RANGE.from && (tidied.to ?? "now") === DEFAULT_RANGE.to) {
    delete tidied.from;
    delete tidied.to;
  }
  if (tidied.order === defaultOrder) delete tidied.order;
  if (tidied.filter?.trim() === "") delete tidied.filter;
  return tidied;
}
