/** Scores and their differences as people read them. */

import type { ItemScore, PairedScore } from "../../api/experiments";

/** 0.834, 12.5, 1. */
export function formatScore(value: number | null): string {
  if (value === null) return "–";
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(1) : String(Number(value.toFixed(3)));
}

/** With its sign always: +0.12, −0.4, ±0. */
export function formatDifference(value: number | null): string {
  if (value === null) return "–";
  const rounded = formatScore(Math.abs(value));
  if (rounded === "0") return "±0";
  return `${value > 0 ? "+" : "−"}${rounded}`;
}

export function formatItemScore(score: ItemScore): string {
  return score.label !== "" ? score.label : formatScore(score.value);
}

/** 0.03, < 0.001. */
export function formatP(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

export type Direction = "better" | "worse" | "same";

/** On a scale where more is better. */
export function directionOf(difference: number | null): Direction {
  if (difference === null || difference === 0) return "same";
  return difference > 0 ? "better" : "worse";
}

/** Whether the interval of the difference leaves out 0; null where there is none. */
export function isCertain(score: PairedScore): boolean | null {
  if (score.low === null || score.high === null) return null;
  return score.low > 0 || score.high < 0;
}
