import { useEffect, useRef, useState } from "react";
import { getJson } from "../../api/client";
import type { Selection } from "../../api/queries";
import type { Log, LogPage } from "../../api/types";

const POLL_MS = 1_500;
/** More than a list can show as it comes: it starts again from the newest. */
const BURST_MAX = 1_000;

type Tail = {
  selection: Selection;
  isOn: boolean;
  /** Where the list that is on the screen ends; a new one starts the tail anew. */
  start: string | null;
  onLogs: (logs: Log[]) => void;
  onBurst: () => void;
};

/** Asks for what was stored since, again and again. The error of the last time, null while all is well. */
export function useTail(tail: Tail): Error | null {
  const { selection, isOn, start } = tail;
  const latest = useRef(tail);
  latest.current = tail;
  const [error, setError] = useState<Error | null>(null);

  useEffect(() => {
    setError(null);
    if (!isOn || start === null) return;
    const stopping = new AbortController();
    let after = start;
    let timer = 0;
    const poll = async () => {
      try {
        // Up to an hour ahead: a sender's clock may be.
        const query = { ...selection, to: "now+1h", after, limit: BURST_MAX };
        const page = await getJson<LogPage>("/logs", query, stopping.signal);
        after = page.tail_cursor ?? after;
        setError(null);
        if (page.items.length === BURST_MAX) latest.current.onBurst();
        else if (page.items.length > 0) latest.current.onLogs(page.items);
      } catch (reason) {
        if (stopping.signal.aborted) return;
        setError(reason instanceof Error ? reason : new Error(String(reason)));
      }
      timer = window.setTimeout(poll, POLL_MS);
    };
    timer = window.setTimeout(poll, POLL_MS);
    return () => {
      stopping.abort();
      window.clearTimeout(timer);
    };
  }, [selection, isOn, start]);
  return error;
}
