/** What can be told of an expression and its answer without asking the server. */

import type { LabelSet } from "../api/prometheus";

export type Unit = "seconds" | "usd" | "share" | "count";

/** Steps that divide minutes, hours and days, so that points stand at round times. Seconds. */
const STEPS = [
  15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
];

/** The distance of points, in milliseconds, that gives at most this many in the range; 15 s is the finest. */
export function stepOf(rangeMs: number, pointsMax: number): number {
  const wanted = rangeMs / 1000 / pointsMax;
  return (STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / 604_800) * 604_800) * 1000;
}

/** How its values are written, from the names it asks for: a guess that only changes the axis' words. */
export function unitOf(expression: string): Unit {
  if (/^\s*count\b/.test(expression)) return "count";
  const isRatio = /\/(?!\/)/.test(expression.replace(/"[^"]*"/g, ""));
  if (/histogram_quantile/.test(expression) && /_seconds_bucket/.test(expression)) return "seconds";
  if (/_seconds_sum\b/.test(expression) && /_seconds_count\b/.test(expression)) return "seconds";
  if (/_usd(_total)?\b/.test(expression) && !/_usd(_total)?\b.*\/.*_usd(_total)?\b/.test(expression))
    return "usd";
  return isRatio ? "share" : "count";
}

/** `name{a="b"}`, as Prometheus writes it; `{}` where nothing tells series apart. */
export function seriesName(labels: LabelSet): string {
  const { __name__: name = "", ...others } = labels;
  const pairs = Object.entries(others).map(([label, value]) => `${label}="${escapeValue(value)}"`);
  return pairs.length === 0 && name !== "" ? name : `${name}{${pairs.join(", ")}}`;
}

export function escapeValue(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}
