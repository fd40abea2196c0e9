/** An item's values as people type and read them: text is text, the rest JSON. */

import type { Json } from "../../model/schemaForm";

/** What an editor shows first. A text that would be read as JSON is shown in its quotes. */
export function toText(value: Json): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string" && !looksLikeJson(value)) return value;
  return JSON.stringify(value, null, 2);
}

/** Null where it begins like JSON and is none. */
export function fromText(text: string): { value: Json } | null {
  if (text.trim() === "") return { value: null };
  if (!looksLikeJson(text)) return { value: text };
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return null;
  }
}

/** On one line, for tables. */
export function toLine(value: Json, charsMax = 300): string {
  const text = typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
  return text.length > charsMax ? `${text.slice(0, charsMax)} …` : text;
}

/** A bare number is text: `007` is no 7. What is meant as JSON begins like an object, array or quoted text. */
function looksLikeJson(text: string): boolean {
  return /^\s*[[{"]/.test(text);
}
