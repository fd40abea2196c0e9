/** What can be completed where the caret stands in a filter. */

import type { FacetValue, Field } from "../api/types";
import { quoteValue } from "./filterText";

/** The text from `start` to `end` is what a chosen suggestion replaces. */
export type CompletionSpot =
  | { kind: "field"; prefix: string; start: number; end: number }
  | { kind: "value"; field: string; prefix: string; start: number; end: number };

export type Suggestion = {
  /** What is shown, and what replaces the spot. */
  label: string;
  insert: string;
  detail: string;
  count?: number;
};

const VALUE_SPOT = /^(!|-)?([A-Za-z_][\w.]*)(:|~|>=|<=|>|<|=)(.*)$/s;
/** Characters after which a new word begins. */
const BREAK = /[\s(),]/;

/** Where the word under the caret begins: quotes hold blanks together. */
function wordStart(filter: string, caret: number): number {
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < caret; at += 1) {
    const char = filter[at] ?? "";
    if (isQuoted && char === "\\") at += 1;
    else if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && BREAK.test(char)) start = at + 1;
  }
  return start;
}

/** The field whose list of values, `field:(a or b`, the caret is in. */
function listField(filter: string, start: number): string | null {
  const open = filter.lastIndexOf("(", start - 1);
  if (open < 0 || filter.slice(open, start).includes(")")) return null;
  return /([A-Za-z_][\w.]*):$/.exec(filter.slice(0, open))?.[1] ?? null;
}

export function completionSpot(filter: string, caret: number): CompletionSpot | null {
  const start = wordStart(filter, caret);
  const word = filter.slice(start, caret);
  const match = VALUE_SPOT.exec(word);
  if (match) {
    const [, sign = "", field = "", operator = "", typed = ""] = match;
    const valueStart = start + sign.length + field.length + operator.length;
    return { kind: "value", field, prefix: unfinished(typed), start: valueStart, end: caret };
  }
  const inList = listField(filter, start);
  if (inList) return { kind: "value", field: inList, prefix: unfinished(word), start, end: caret };
  if (word.startsWith('"')) return null;
  const sign = /^[-!]/.test(word) ? 1 : 0;
  return { kind: "field", prefix: word.slice(sign), start: start + sign, end: caret };
}

/** What was typed of a value whose closing quote may be missing. */
function unfinished(typed: string): string {
  return typed.startsWith('"') ? typed.slice(1).replace(/"$/, "").replace(/\\(.)/g, "$1") : typed;
}

/** Names and aliases that begin with the prefix first, then those that contain it, in the server's order. */
export function suggestFields(fields: readonly Field[], prefix: string, max: number): Suggestion[] {
  const wanted = prefix.toLowerCase();
  const starts = (field: Field) => [field.name, ...field.aliases].some((name) => name.startsWith(wanted));
  const starting = fields.filter(starts);
  const holding = fields.filter((field) => !starts(field) && field.name.includes(wanted));
  return [...starting, ...holding].slice(0, max).map((field) => ({
    label: field.name,
    insert: field.name.endsWith(".") ? field.name : `${field.name}${defaultOperator(field)}`,
    detail: field.description,
  }));
}

function defaultOperator(field: Field): string {
  const isOrdered = field.type === "number" || field.type === "duration" || field.type === "money";
  return isOrdered ? ">" : ":";
}

export function suggestValues(values: readonly FacetValue[]): Suggestion[] {
  return values.map(({ value, count }) => ({ label: value, insert: quoteValue(value), detail: "", count }));
}

/** The values that occur, then those the field may have besides. */
export function suggestChoices(field: Field | undefined, found: readonly Suggestion[]): Suggestion[] {
  const seen = new Set(found.map((suggestion) => suggestion.label));
  const choices = field?.type === "bool" ? ["true", "false"] : (field?.choices ?? []);
  const others = choices.filter((choice) => !seen.has(choice));
  return [...found, ...others.map((choice) => ({ label: choice, insert: choice, detail: "" }))];
}

/** The filter after a suggestion was taken, and where the caret goes. Values end with a blank, fields do not. */
export function complete(
  filter: string,
  spot: CompletionSpot,
  suggestion: Suggestion,
): { filter: string; caret: number } {
  const rest = filter.slice(spot.end);
  const blank = spot.kind === "value" && !/^[\s)]/.test(rest) ? " " : "";
  const head = filter.slice(0, spot.start) + suggestion.insert + blank;
  return { filter: head + rest, caret: head.length };
}
