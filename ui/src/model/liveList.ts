/** Merging what a live tail polls into the pages that are already on the screen. */

import type { Page, Trace } from "../api/types";

export type Merge = {
  pages: Page<Trace>[];
  /** Traces that were not in the list before. */
  freshCount: number;
};

/**
 * `incoming` is the newest page, newest first. Known traces take their new values where they are. When not one
 * trace of a full page is known, traces in between were missed: the list starts again from this page.
 */
export function mergeNewest(pages: readonly Page<Trace>[], incoming: Page<Trace>): Merge {
  const newest = new Map(incoming.items.map((trace) => [trace.trace_id, trace]));
  const known = new Set(pages.flatMap((page) => page.items.map((trace) => trace.trace_id)));
  const fresh = incoming.items.filter((trace) => !known.has(trace.trace_id));
  const hasGap = known.size > 0 && fresh.length === incoming.items.length && incoming.next_cursor !== null;
  const [first, ...rest] = pages;
  if (first === undefined || hasGap) return { pages: [incoming], freshCount: fresh.length };

  const renew = (trace: Trace) => newest.get(trace.trace_id) ?? trace;
  const head = [...fresh, ...first.items.map(renew)].sort(byNewest);
  const tail = rest.map((page) => ({ ...page, items: page.items.map(renew) }));
  return { pages: [{ ...first, items: head }, ...tail], freshCount: fresh.length };
}

/** Only the new values of known traces: what may change under a reader who has scrolled away from the top. */
export function renewKnown(pages: readonly Page<Trace>[], incoming: Page<Trace>): Page<Trace>[] {
  const newest = new Map(incoming.items.map((trace) => [trace.trace_id, trace]));
  return pages.map((page) => ({
    ...page,
    items: page.items.map((trace) => newest.get(trace.trace_id) ?? trace),
  }));
}

export function countFresh(pages: readonly Page<Trace>[], incoming: Page<Trace>): number {
  return mergeNewest(pages, incoming).freshCount;
}

function byNewest(a: Trace, b: Trace): number {
  if (a.start_time !== b.start_time) return a.start_time < b.start_time ? 1 : -1;
  return a.trace_id < b.trace_id ? 1 : -1;
}
