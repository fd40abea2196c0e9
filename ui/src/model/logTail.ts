/** Merging what a tail of logs brings into the pages that are already on the screen, newest first. */

import type { Log, LogPage } from "../api/types";

/** Newest first; records of one instant by their ids, as the server orders them. */
export function compareLogs(a: Log, b: Log): number {
  if (a.time !== b.time) return a.time < b.time ? 1 : -1;
  return a.log_id < b.log_id ? 1 : a.log_id > b.log_id ? -1 : 0;
}

/**
 * The pages with the records of `incoming` that they lack, each where its time puts it. What is older than the
 * last record on the screen is left to the pages that are not loaded yet.
 */
export function mergeLogs(pages: readonly LogPage[], incoming: readonly Log[]): LogPage[] {
  const fresh = freshLogs(pages, incoming);
  if (fresh.length === 0) return [...pages];
  let rest = fresh.toSorted(compareLogs);
  return pages.map((page, position) => {
    const isLast = position === pages.length - 1;
    const oldest = page.items.at(-1);
    const takes = (log: Log) => oldest !== undefined && compareLogs(log, oldest) < 0;
    const isOpen = isLast && page.next_cursor === null;
    const taken = isOpen ? rest : rest.filter(takes);
    rest = isOpen ? [] : rest.filter((log) => !takes(log));
    return taken.length === 0 ? page : { ...page, items: [...page.items, ...taken].sort(compareLogs) };
  });
}

/** The records of `incoming` that belong on the screen and are not there yet, each once. */
export function freshLogs(pages: readonly LogPage[], incoming: readonly Log[]): Log[] {
  const known = new Set(pages.flatMap((page) => page.items.map((log) => log.log_id)));
  const last = pages.at(-1);
  const end = last?.next_cursor === null ? undefined : last?.items.at(-1);
  return incoming.filter((log) => {
    if (known.has(log.log_id) || (end !== undefined && compareLogs(log, end) > 0)) return false;
    known.add(log.log_id);
    return true;
  });
}
