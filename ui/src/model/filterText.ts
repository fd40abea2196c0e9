/**
 * Changing a filter's text by clicks. The server owns the language (docs/filter-language.md); here it is only cut
 * into the terms of its outermost "and", so that a click adds, changes or removes exactly one term and leaves
 * whatever else a person typed as it is.
 */

export type Choice = "include" | "exclude";

/** Which of a field's values the filter asks for and which it rules out, where it says so in plain terms. */
export type Choices = { include: ReadonlySet<string>; exclude: ReadonlySet<string> };

/** Words that make several pieces one term. */
const BINDING = /^(or|not|\|\||!)$/i;

/** A piece of the filter between top-level blanks; parentheses and quotes hold together. */
export type Piece = { text: string; start: number; end: number };

export function cutPieces(filter: string): Piece[] {
  const pieces: Piece[] = [];
  let start = -1;
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at <= filter.length; at += 1) {
    const char = filter[at];
    if (char === undefined || (!isQuoted && depth === 0 && /\s/.test(char))) {
      if (start >= 0) pieces.push({ text: filter.slice(start, at), start, end: at });
      start = -1;
      continue;
    }
    if (start < 0) start = at;
    if (isQuoted && char === "\\") at += 1;
    else if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && char === "(") depth += 1;
    else if (!isQuoted && char === ")") depth = Math.max(0, depth - 1);
  }
  return pieces;
}

/** A value as the language wants it: bare where it is plain, else in quotes, where `*` must not be a wildcard. */
export function quoteValue(value: string): string {
  const isPlain = /^[\p{L}\p{N}_][\p{L}\p{N}_./@+-]*$/u.test(value) && !/^(and|or|not|null)$/i.test(value);
  return isPlain ? value : `"${value.replace(/[\\"*]/g, "\\$&")}"`;
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1
    ? text.slice(1, -1).replace(/\\(["*\\])/g, "$1")
    : text;
}

type Term = { field: string; choice: Choice; values: string[] };

/** `field:value`, `-field:value` and `field:(a or b)` without wildcards; null for everything else. */
function readTerm(text: string): Term | null {
  const match = /^(-?)([A-Za-z_][\w.]*):(.+)$/s.exec(text);
  if (!match) return null;
  const [, minus, field = "", rest = ""] = match;
  const isList = rest.startsWith("(") && rest.endsWith(")");
  const words = isList ? cutPieces(rest.slice(1, -1)).map((piece) => piece.text) : [rest];
  const values = words.filter((_, position) => position % 2 === 0);
  const isPlainList = words.every((word, position) => position % 2 === 0 || word.toLowerCase() === "or");
  if (!isPlainList || words.length % 2 === 0) return null;
  if (values.some(isPattern)) return null;
  return { field, choice: minus ? "exclude" : "include", values: values.map(unquote) };
}

/** Wildcards, ranges and comparisons are more than one plain value. */
function isPattern(value: string): boolean {
  if (value.startsWith('"')) return value.replace(/\\./g, "").includes("*");
  return /[*(),<>]|\.\./.test(value);
}

function writeTerm({ field, choice, values }: Term): string {
  const quoted = values.map(quoteValue);
  const body = quoted.length === 1 ? quoted[0] : `(${quoted.join(" or ")})`;
  return `${choice === "exclude" ? "-" : ""}${field}:${body}`;
}

export function choicesOf(filter: string, field: string): Choices {
  const include = new Set<string>();
  const exclude = new Set<string>();
  for (const piece of topTerms(filter)) {
    const term = readTerm(piece.text);
    if (term?.field !== field) continue;
    for (const value of term.values) (term.choice === "include" ? include : exclude).add(value);
  }
  return { include, exclude };
}

/** The pieces, or one piece for the whole where a top-level "or" or "not" binds them. */
function topTerms(filter: string): Piece[] {
  const pieces = cutPieces(filter);
  const isBound = pieces.some((piece) => BINDING.test(piece.text));
  return isBound ? [{ text: filter.trim(), start: 0, end: filter.length }] : pieces;
}

/** The filter without its plain terms on the field: for counting that field's other values. */
export function withoutField(filter: string, field: string): string {
  return topTerms(filter)
    .filter((piece) => readTerm(piece.text)?.field !== field)
    .map((piece) => piece.text)
    .join(" ");
}

/** Adds the choice, or takes it back where it stands already; the opposite choice of the value goes. */
export function toggleValue(filter: string, field: string, value: string, choice: Choice): string {
  const before = choicesOf(filter, field);
  const isChosen = before[choice].has(value);
  const sets = { include: new Set(before.include), exclude: new Set(before.exclude) };
  sets.include.delete(value);
  sets.exclude.delete(value);
  if (!isChosen) sets[choice].add(value);

  const terms: string[] = [];
  const rest = withoutField(filter, field);
  const pieces = cutPieces(rest);
  const needsParentheses = pieces.some((piece) => BINDING.test(piece.text));
  if (rest !== "")
    terms.push(needsParentheses && sets.include.size + sets.exclude.size > 0 ? `(${rest})` : rest);
  for (const side of ["include", "exclude"] as const) {
    if (sets[side].size > 0) terms.push(writeTerm({ field, choice: side, values: [...sets[side]] }));
  }
  return terms.join(" ");
}
