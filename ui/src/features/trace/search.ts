/** What of the trace page's state lives in its URL. Every value is text there. */

export const VIEWS = ["waterfall", "transcript", "table", "logs"] as const;
export type View = (typeof VIEWS)[number];

export const TABS = ["overview", "attributes", "events", "logs"] as const;
export type Tab = (typeof TABS)[number];

export type TraceSearch = {
  /** The selected span. */
  span?: string;
  view?: View;
  tab?: Tab;
  /** Search inside the trace. */
  q?: string;
  /** Folded subtrees, as `printFold` writes them. */
  fold?: string;
  /** The table's column; a leading minus turns it around. */
  sort?: string;
  /** The log record whose fields are shown. */
  log?: string;
};

export function parseTraceSearch(raw: Record<string, unknown>): TraceSearch {
  const search: TraceSearch = {};
  if (typeof raw.span === "string") search.span = raw.span;
  if (typeof raw.q === "string") search.q = raw.q;
  if (typeof raw.fold === "string") search.fold = raw.fold;
  if (typeof raw.sort === "string") search.sort = raw.sort;
  if (typeof raw.log === "string") search.log = raw.log;
  const view = VIEWS.find((known) => known === raw.view);
  if (view) search.view = view;
  const tab = TABS.find((known) => known === raw.tab);
  if (tab) search.tab = tab;
  return search;
}
