import { useEffect, useRef } from "react";
import { isSameSearch, recallList } from "../../model/listMemory";

const OPENED = "spanglass.opened";

/** The trace that is being opened from the list. */
export function rememberOpened(traceId: string | undefined): void {
  try {
    if (traceId !== undefined) sessionStorage.setItem(OPENED, traceId);
  } catch {
    // Storage is forbidden: coming back then starts at the top.
  }
}

/** Coming back from a trace, its row is where the keyboard goes on. */
export function useReturn(traces: readonly { trace_id: string }[], setCursor: (index: number) => void): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current || traces.length === 0) return;
    isDone.current = true;
    if (!isSameSearch(recallList()?.search ?? "", window.location.search)) return;
    const opened = takeOpened();
    const index = traces.findIndex((trace) => trace.trace_id === opened);
    if (index >= 0) setCursor(index);
  }, [traces, setCursor]);
}

function takeOpened(): string | null {
  try {
    const opened = sessionStorage.getItem(OPENED);
    sessionStorage.removeItem(OPENED);
    return opened;
  } catch {
    return null;
  }
}
