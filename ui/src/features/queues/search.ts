/** What of the queues' pages lives in their URLs. */

import type { ItemState } from "../../api/queues";

export type QueueSearch = {
  /** Absent: all items. */
  state?: ItemState | undefined;
  /** From 1; absent is the first. */
  page?: number | undefined;
  /** Present where the dialog that fills the queue is open: its filter, `*` for none. */
  fill?: string | undefined;
};

export type ReviewSearch = {
  /** Judges this item rather than the next. */
  item?: string;
};

const STATES: readonly string[] = ["open", "done", "skipped"] satisfies ItemState[];

export function parseQueueSearch(raw: Record<string, unknown>): QueueSearch {
  const page = Number(raw.page);
  return {
    ...(Number.isInteger(page) && page > 1 && { page }),
    ...(typeof raw.state === "string" && STATES.includes(raw.state) && { state: raw.state as ItemState }),
    ...(typeof raw.fill === "string" && raw.fill !== "" && { fill: raw.fill }),
  };
}

export function parseReviewSearch(raw: Record<string, unknown>): ReviewSearch {
  return typeof raw.item === "string" && raw.item !== "" ? { item: raw.item } : {};
}
