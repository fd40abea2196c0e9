/** Variables in queries. A value is data wherever it stands: it is quoted for its place, or refused. */

import { ALL } from "./document";

/** Chosen values by the variable's name. */
export type Values = Readonly<Record<string, readonly string[]>>;

/** What `$__interval` and its like stand for, in milliseconds. */
export type Window = { from: number; to: number; step: number };

/** A variable that cannot stand where it does; the message is for whoever writes the query. */
export class InterpolationError extends Error {}

const NAME = /\$(?:\{([A-Za-z_]\w*)(?::(\w+))?\}|([A-Za-z_]\w*))/g;
/** What may stand outside of strings in PromQL: names, numbers, durations. */
const BARE = /^(?:[A-Za-z_:][\w:]*|\d+(?:\.\d+)?(?:ms|[smhdwy])?)$/;

/** Names of the variables that a text asks for. */
export function namesIn(text: string): string[] {
  const names = [...text.matchAll(NAME)].map((match) => match[1] ?? match[3] ?? "");
  return [...new Set(names)].filter((name) => !name.startsWith("__"));
}

export function builtIn(name: string, window: Window): string | null {
  const range = window.to - window.from;
  switch (name) {
    case "__interval":
      return duration(window.step);
    case "__rate_interval":
      return duration(Math.max(window.step * 2, 60_000));
    case "__interval_ms":
      return String(window.step);
    case "__range":
      return duration(range);
    case "__range_s":
      return String(Math.round(range / 1000));
    case "__range_ms":
      return String(range);
    case "__from":
      return String(window.from);
    case "__to":
      return String(window.to);
    default:
      return null;
  }
}

function duration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** PromQL with the values in it. Throws InterpolationError. */
export function fillPromql(text: string, values: Values, window: Window): string {
  return replaced(text, promqlStrings(text), values, window, (name, chosen, place) => {
    if (place.quote === null) return bare(name, chosen);
    const isRegex = /[=!]~\s*$/.test(text.slice(0, place.opened));
    if (!isRegex) return escapeIn(place.quote, single(name, chosen, "write `=~` for several values"));
    if (isAll(chosen)) return ".*";
    const alternatives = chosen.map((value) => escapeIn(place.quote, escapeRegex(value))).join("|");
    return chosen.length > 1 ? `(?:${alternatives})` : alternatives;
  });
}

/** The filter language with the values in it. Throws InterpolationError. */
export function fillFilter(text: string, values: Values, window: Window): string {
  return replaced(text, filterStrings(text), values, window, (name, chosen, place) => {
    if (place.quote !== null)
      return single(name, chosen, "write it without quotes").replace(/[\\"*]/g, "\\$&");
    if (isAll(chosen)) return "*";
    const quoted = chosen.map(quoteForFilter);
    return quoted.length === 1 ? (quoted[0] as string) : `(${quoted.join(" or ")})`;
  });
}

/** Titles and legends: values as they are. */
export function fillText(text: string, values: Values, window: Window): string {
  return text.replace(NAME, (whole, braced?: string, _format?: string, plain?: string) => {
    const name = braced ?? plain ?? "";
    const chosen = values[name];
    if (chosen === undefined) return builtIn(name, window) ?? whole;
    return isAll(chosen) ? "*" : chosen.join(", ");
  });
}

/** Addresses: values as parts of one. */
export function fillUrl(text: string, values: Values, window: Window): string {
  return text.replace(NAME, (whole, braced?: string, _format?: string, plain?: string) => {
    const name = braced ?? plain ?? "";
    const chosen = values[name];
    if (chosen === undefined) return builtIn(name, window) ?? whole;
    return encodeURIComponent(isAll(chosen) ? "*" : chosen.join(","));
  });
}

type StringPlace = {
  /** The quote that a place is within; null outside of strings. */
  quote: string | null;
  /** Where that string begins. */
  opened: number;
};

function replaced(
  text: string,
  places: readonly StringPlace[],
  values: Values,
  window: Window,
  fill: (name: string, chosen: readonly string[], place: StringPlace) => string,
): string {
  return text.replace(NAME, (...found) => {
    const [whole, braced, , plain, at] = found as [string, string?, string?, string?, number?];
    const name = braced ?? plain ?? "";
    const chosen = values[name];
    if (chosen !== undefined) return fill(name, chosen, places[at ?? 0] ?? { quote: null, opened: 0 });
    const known = builtIn(name, window);
    if (known === null) throw new InterpolationError(`there is no variable \`${name}\``);
    return known.length > 0 ? known : whole;
  });
}

/** For every character, whether it is within a string of PromQL. */
function promqlStrings(text: string): StringPlace[] {
  return scan(text, (char) => char === '"' || char === "'" || char === "`");
}

function filterStrings(text: string): StringPlace[] {
  return scan(text, (char) => char === '"');
}

function scan(text: string, isQuote: (char: string) => boolean): StringPlace[] {
  const places: StringPlace[] = [];
  let quote: string | null = null;
  let opened = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    places.push({ quote, opened });
    if (quote !== null && char === "\\" && quote !== "`") {
      places.push({ quote, opened });
      at += 1;
    } else if (quote === char) quote = null;
    else if (quote === null && isQuote(char)) {
      quote = char;
      opened = at;
    }
  }
  return places;
}

function isAll(chosen: readonly string[]): boolean {
  return chosen.length === 0 || chosen.includes(ALL);
}

function single(name: string, chosen: readonly string[], hint: string): string {
  if (isAll(chosen) || chosen.length > 1)
    throw new InterpolationError(`\`$${name}\` has several values, and one fits here: ${hint}`);
  return chosen[0] as string;
}

function bare(name: string, chosen: readonly string[]): string {
  const value = single(name, chosen, "choose one");
  if (BARE.test(value)) return value;
  throw new InterpolationError(`\`$${name}\` is \`${value}\`, which only fits within quotes`);
}

/** What the quote of a string asks to be escaped. A string in backquotes has no escapes. */
function escapeIn(quote: string | null, value: string): string {
  if (quote === "`") {
    if (value.includes("`")) throw new InterpolationError("a backquote cannot stand within backquotes");
    return value;
  }
  return value.replace(/\\/g, "\\\\").replace(/["']/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r");
}

function escapeRegex(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Always in quotes: whatever stands in them is one value. */
function quoteForFilter(value: string): string {
  return `"${value.replace(/[\\"*]/g, "\\$&")}"`;
}
