/** Scores as people read and write them. */

import type { Score, ScoreType, ScoreValue } from "../api/types";

/** 0.8, 0.667, 3, 12,500: three digits after the point are enough to compare by eye. */
export function formatScore(value: ScoreValue, words: { yes: string; no: string }): string {
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "string") return value;
  if (value !== 0 && Math.abs(value) < 0.001) return value.toPrecision(2);
  return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

/** What a person can give by hand. */
export type HandType = "numeric" | "boolean" | "categorical";

export type Draft = { name: string; type: HandType; text: string; comment: string };

/** The value that was typed, or null where it is none. */
export function draftValue(draft: Draft): ScoreValue | null {
  const text = draft.text.trim();
  if (text === "") return null;
  if (draft.type === "boolean") return text === "true";
  if (draft.type === "categorical") return text;
  const number = Number(text.replace(",", "."));
  return Number.isFinite(number) ? number : null;
}

/** The type that scores of this name have had so far. */
export function typeOfName(scores: readonly Score[], name: string): HandType | null {
  const type = scores.findLast((score) => score.name === name)?.data_type;
  return type !== undefined && isHandType(type) ? type : null;
}

function isHandType(type: ScoreType): type is HandType {
  return type === "numeric" || type === "boolean" || type === "categorical";
}

/** Distinct names, in the order of the alphabet. */
export function namesOf(scores: readonly Score[]): string[] {
  return [...new Set(scores.map((score) => score.name))].sort((a, b) => a.localeCompare(b));
}
