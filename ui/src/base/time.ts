/**
 * Times. The API speaks RFC 3339 with nanoseconds in UTC; a range is two such times, or expressions relative to
 * now ("now-24h"). Screens show the browser's time zone; titles show UTC, whole.
 */

import type { Language } from "./i18n";

export type TimeRange = { from: string; to: string };

export const DEFAULT_RANGE: TimeRange = { from: "now-24h", to: "now" };

const UNITS: Record<string, number> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3, w: 604_800e3 };
const RELATIVE = /^now(?:-(\d{1,9})([smhdw]))?$/;

export function isRelative(time: string): boolean {
  return RELATIVE.test(time);
}

/** Milliseconds since the epoch of "now", "now-15m" or an RFC 3339 time; null when it is none of them. */
export function resolveTime(time: string, now: number): number | null {
  const match = RELATIVE.exec(time);
  if (match) {
    const [, amount, unit] = match;
    return amount && unit ? now - Number(amount) * (UNITS[unit] ?? 0) : now;
  }
  if (!/^\d{4}-\d\d-\d\dT/.test(time)) return null;
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? null : parsed;
}

/** The range in milliseconds, or null when it is not a range (unreadable, or upside down). */
export function resolveRange(range: TimeRange, now: number): { from: number; to: number } | null {
  const from = resolveTime(range.from, now);
  const to = resolveTime(range.to, now);
  return from === null || to === null || from >= to ? null : { from, to };
}

/** The same moments however often the link is opened. */
export function absoluteRange(range: TimeRange, now: number): TimeRange {
  const resolved = resolveRange(range, now);
  return resolved ? { from: toRfc3339(resolved.from), to: toRfc3339(resolved.to) } : range;
}

export function toRfc3339(milliseconds: number): string {
  return new Date(Math.round(milliseconds)).toISOString();
}

/** Milliseconds since the epoch with the fraction that nanoseconds give; for differences inside one trace. */
export function parseNanoTime(time: string): number {
  const dot = time.indexOf(".");
  if (dot < 0) return Date.parse(time);
  const digits = /^\d+/.exec(time.slice(dot + 1))?.[0] ?? "0";
  const zone = time.slice(dot + 1 + digits.length);
  return Date.parse(time.slice(0, dot) + zone) + Number(`0.${digits}`) * 1000;
}

function parts(date: Date) {
  const two = (n: number) => String(n).padStart(2, "0");
  return {
    year: date.getFullYear(),
    day: `${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    clock: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
    millis: String(date.getMilliseconds()).padStart(3, "0"),
  };
}

/** "14:03:27.184" today, "11-22 14:03:27" this year, "2025-11-22 14:03" before; local time. */
export function formatTime(time: string, now: number): string {
  const date = new Date(Date.parse(time));
  const here = parts(date);
  const today = parts(new Date(now));
  if (here.year !== today.year) return `${here.year}-${here.day} ${here.clock.slice(0, 5)}`;
  return here.day === today.day ? `${here.clock}.${here.millis}` : `${here.day} ${here.clock}`;
}

/** "2026-11-22 14:03:27.184", local time. */
export function formatDateTime(time: string | number): string {
  const date = new Date(typeof time === "number" ? time : Date.parse(time));
  const here = parts(date);
  return `${here.year}-${here.day} ${here.clock}.${here.millis}`;
}

/** "3 minutes ago", in words of the language. */
export function formatAgo(time: string, now: number, language: Language): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "narrow" });
  const size = Math.abs(seconds);
  if (size < 60) return words.format(Math.round(seconds), "second");
  if (size < 3600) return words.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return words.format(Math.round(seconds / 3600), "hour");
  return words.format(Math.round(seconds / 86_400), "day");
}
