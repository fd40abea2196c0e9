/** What of the logs page's state lives in its URL: everything a colleague should see who opens the link. */

import { DEFAULT_RANGE } from "../../base/time";

export type LogSearch = {
  from?: string;
  to?: string;
  filter?: string;
  /** "time" for the oldest first; absent is newest first. */
  order?: string;
  /** Present while the list follows new records. */
  live?: "1";
  /** Columns shown, comma separated; absent is the reader's own choice. */
  cols?: string;
  /** The record whose fields are shown. */
  log?: string;
};

export const DEFAULT_ORDER = "-time";

const TEXT_KEYS = ["from", "to", "filter", "order", "cols", "log"] as const;

export function parseLogSearch(raw: Record<string, unknown>): LogSearch {
  const search: LogSearch = {};
  for (const key of TEXT_KEYS) {
    const value = raw[key];
    if (typeof value === "string" && value !== "") search[key] = value;
  }
  if (raw.live === "1") search.live = "1";
  return search;
}

/** The same search without what is the default anyway: short links, one URL for one view. */
export function tidy(search: LogSearch): LogSearch {
  const tidied = { ...search };
  if (tidied.from === DEFAULT_RANGE.from && (tidied.to ?? "now") === DEFAULT_RANGE.to) {
    delete tidied.from;
    delete tidied.to;
  }
  if (tidied.order === DEFAULT_ORDER) delete tidied.order;
  if (tidied.filter?.trim() === "") delete tidied.filter;
  return tidied;
}
