/** Instants of a trace. RFC 3339 with nanoseconds in, milliseconds relative to the trace's start out. */

export interface Instant {
  /** Whole seconds since the epoch. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanos: number;
}

/** Parses RFC 3339 in UTC. Date alone stops at milliseconds, where a waterfall needs more. NaN where it is no time. */
export function parseInstant(text: string): Instant {
  const seconds = Date.parse(`${text.slice(0, 19)}Z`) / 1000;
  if (text.charAt(19) !== ".") return { seconds, nanos: 0 };
  const digits = /^\d+/.exec(text.slice(20, 29))?.[0] ?? "";
  return { seconds, nanos: Number(digits.padEnd(9, "0")) };
}

/** `instant - base` in milliseconds, exact to the nanosecond for the length of any trace. */
export function millisecondsBetween(base: Instant, instant: Instant): number {
  return (instant.seconds - base.seconds) * 1000 + (instant.nanos - base.nanos) / 1e6;
}

export function isBefore(left: Instant, right: Instant): boolean {
  return left.seconds < right.seconds || (left.seconds === right.seconds && left.nanos < right.nanos);
}
