/** Which list a trace was opened from, so that its page can step to the neighbours and go back where one was. */

const KEY = "spanglass.list";
/** Enough to step through by hand; a whole day's list need not fit into session storage. */
const TRACES_MAX = 1000;

export type ListMemory = {
  /** The list's search string, e.g. "?filter=status%3Aerror". */
  search: string;
  traceIds: readonly string[];
};

export function rememberList(memory: ListMemory): void {
  const kept = { ...memory, traceIds: memory.traceIds.slice(0, TRACES_MAX) };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is forbidden: the trace page then has no neighbours, and Esc leads to the plain list.
  }
}

export function recallList(): ListMemory | null {
  try {
    const text = sessionStorage.getItem(KEY);
    return text === null ? null : (JSON.parse(text) as ListMemory);
  } catch {
    return null;
  }
}

export function neighbours(memory: ListMemory | null, traceId: string): { previous?: string; next?: string } {
  const position = memory?.traceIds.indexOf(traceId) ?? -1;
  if (memory === null || position < 0) return {};
  const found: { previous?: string; next?: string } = {};
  const previous = memory.traceIds[position - 1];
  const next = memory.traceIds[position + 1];
  if (previous !== undefined) found.previous = previous;
  if (next !== undefined) found.next = next;
  return found;
}

/** The same parameters, whatever their order and their escapes. */
export function isSameSearch(one: string, other: string): boolean {
  return sorted(one) === sorted(other);
}

function sorted(search: string): string {
  const parameters = new URLSearchParams(search);
  parameters.sort();
  return parameters.toString();
}
