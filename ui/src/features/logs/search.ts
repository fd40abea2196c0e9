import { type ListSearch, parseListSearch } from "../../widgets/list/listSearch";

/** What of the logs page's state lives in its URL. */
export type LogSearch = ListSearch & {
  /** The record whose fields are shown. */
  log?: string;
};

export const DEFAULT_ORDER = "-time";

export function parseLogSearch(raw: Record<string, unknown>): LogSearch {
  const search = parseListSearch(raw);
  return typeof raw.log === "string" && raw.log !== "" ? { ...search, log: raw.log } : search;
}
