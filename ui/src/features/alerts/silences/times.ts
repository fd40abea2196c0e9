/** From when until when a silence lasts, while it is being written. */

const HOUR_MS = 3_600_000;
/** Hours. */
export const LENGTHS = { h1: 1, h2: 2, h4: 4, h8: 8, d1: 24, d3: 72, d7: 168 } as const;
export type Length = keyof typeof LENGTHS;

/** What it is or was; absent for a new one. RFC 3339. */
type Given = { startsAt?: string; endsAt?: string };

export type TimesDraft = {
  /** `kept` leaves the times of a silence that is changed. */
  length: Length | "kept" | "custom";
  /** As an input of type datetime-local has them, in the reader's time zone. For `custom` only. */
  from: string;
  until: string;
};

export function firstSpan(given: Given, now: number): TimesDraft {
  const from = given.startsAt === undefined ? now : Date.parse(given.startsAt);
  const until = given.endsAt === undefined ? now + LENGTHS.h2 * HOUR_MS : Date.parse(given.endsAt);
  return { length: given.endsAt ? "kept" : "h2", from: localText(from), until: localText(until) };
}

/** The times to send. One that began stays begun where only its end changes. */
export function spanOf(times: TimesDraft, given: Given, now: number): { starts_at: string; ends_at: string } {
  const begun = given.startsAt ?? new Date(now).toISOString();
  switch (times.length) {
    case "kept":
      return { starts_at: begun, ends_at: given.endsAt ?? begun };
    case "custom":
      return { starts_at: toRfc3339(times.from, begun), ends_at: toRfc3339(times.until, begun) };
    default: {
      const from = Math.max(now, Date.parse(begun));
      return { starts_at: begun, ends_at: new Date(from + LENGTHS[times.length] * HOUR_MS).toISOString() };
    }
  }
}

/** Whether it ends after it begins. */
export function isSpan(times: TimesDraft): boolean {
  return times.length !== "custom" || Date.parse(times.until) > Date.parse(times.from);
}

function toRfc3339(local: string, otherwise: string): string {
  const time = Date.parse(local);
  return Number.isNaN(time) ? otherwise : new Date(time).toISOString();
}

function localText(time: number): string {
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
