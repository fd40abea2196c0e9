/** What of the trace page's state lives in its URL. Every value is text there. */

export type TraceSearch = { span?: string; view?: string; q?: string };

export function parseTraceSearch(raw: Record<string, unknown>): TraceSearch {
  const search: TraceSearch = {};
  if (typeof raw.span === "string") search.span = raw.span;
  if (typeof raw.view === "string") search.view = raw.view;
  if (typeof raw.q === "string") search.q = raw.q;
  return search;
}
