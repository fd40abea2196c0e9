/** Numbers, durations, money and tokens as people read them. Absent stays visibly absent: never a made-up zero. */

import type { Language } from "./i18n";

/** What stands for a value that is not there. */
export const ABSENT = "–";

/** 0.84 ms, 12 ms, 840 ms, 1.24 s, 12.4 s, 2m 05s, 1h 02m. */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return ABSENT;
  const ms = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? "-" : "";
  if (ms === 0) return "0 ms";
  if (ms < 0.001) return `${sign}${Math.round(ms * 1e6)} ns`;
  if (ms < 1) return ms >= 0.1 ? `${sign}${ms.toFixed(2)} ms` : `${sign}${Math.round(ms * 1000)} µs`;
  if (ms < 9.95) return `${sign}${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${sign}${Math.round(ms)} ms`;
  if (ms < 9_995) return `${sign}${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${sign}${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 48 * 60) return `${sign}${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  return `${sign}${Math.floor(minutes / 1440)}d ${Math.floor((minutes % 1440) / 60)}h`;
}

/** How long something lasts or lasted, as people say it: 5s, 1m, 1m 05s, 20m, 1h 05m, 3d. Nothing below a second. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const day = Math.floor(seconds / 86_400);
  const hour = Math.floor((seconds % 86_400) / 3600);
  const minute = Math.floor((seconds % 3600) / 60);
  const pair = (large: string, small: number, unit: string) =>
    small === 0 ? large : `${large} ${two(small)}${unit}`;
  if (day > 0) return hour === 0 ? `${day}d` : `${day}d ${hour}h`;
  if (hour > 0) return pair(`${hour}h`, minute, "m");
  if (minute > 0) return pair(`${minute}m`, minute < 10 ? seconds % 60 : 0, "s");
  return `${seconds}s`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** US dollars with as many decimals as small amounts need; null where unpriced, for the caller to say so in words. */
export function formatCost(usd: number): string;
export function formatCost(usd: number | null | undefined): string | null;
export function formatCost(usd: number | null | undefined): string | null {
  if (usd === null || usd === undefined) return null;
  if (usd === 0) return "$0";
  const size = Math.abs(usd);
  if (size >= 1000) return `$${Math.round(usd).toLocaleString("en-US")}`;
  if (size >= 1) return `$${usd.toFixed(2)}`;
  if (size >= 0.01) return `$${usd.toFixed(3)}`;
  if (size >= 0.0001) return `$${usd.toFixed(5)}`;
  return `$${usd.toPrecision(2)}`;
}

/** 950, 1.2k, 12.3k, 1.25M. The exact number belongs in the title of the cell. */
export function formatCompact(count: number | null | undefined): string {
  if (count === null || count === undefined) return ABSENT;
  const size = Math.abs(count);
  if (size < 1_000) return String(count);
  if (size < 99_950) return `${(count / 1_000).toFixed(1)}k`;
  if (size < 999_500) return `${Math.round(count / 1_000)}k`;
  if (size < 999_500_000) return `${(count / 1_000_000).toFixed(2)}M`;
  return `${(count / 1_000_000_000).toFixed(2)}G`;
}

/** 12,345, grouped as the language does. */
export function formatCount(count: number | null | undefined, language: Language): string {
  return count === null || count === undefined ? ABSENT : count.toLocaleString(language);
}

/** 0.5 -> 50 %, 0.0123 -> 1.2 %. */
export function formatPercent(share: number | null | undefined): string {
  if (share === null || share === undefined) return ABSENT;
  const percent = share * 100;
  return `${percent === 0 || Math.abs(percent) >= 10 ? Math.round(percent) : percent.toFixed(1)} %`;
}

/** 512 B, 12.3 KB, 4.5 MB. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return ABSENT;
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
