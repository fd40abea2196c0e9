/** Alertmanager's matchers, as far as a browser has to know them. */

import type { Matcher } from "../api/alerting";
import type { LabelSet } from "../api/prometheus";
import { escapeValue } from "./promql";

/** `{alertname="Slow",model=~"gpt.*"}`. */
export function matchersText(matchers: readonly Matcher[]): string {
  return `{${matchers.map(({ name, op, value }) => `${name}${op}"${escapeValue(value)}"`).join(",")}}`;
}

const MATCHER = /\s*([^\s=!~"{},]+|"(?:[^"\\]|\\.)*")\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;

/** The matchers of `{a="b",c=~"d"}`, as links carry them; none where the text is no such thing. */
export function parseMatchers(text: string): Matcher[] {
  const inner = text.trim().replace(/^\{|\}$/g, "");
  const matchers: Matcher[] = [];
  MATCHER.lastIndex = 0;
  while (MATCHER.lastIndex < inner.length) {
    const found = MATCHER.exec(inner);
    if (found === null) return [];
    const [, name = "", op = "=", value = ""] = found;
    matchers.push({
      name: unescapeValue(name.replace(/^"|"$/g, "")),
      op: op as Matcher["op"],
      value: unescapeValue(value),
    });
  }
  return matchers;
}

function unescapeValue(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}

/** Whether all of them match, as the server will decide but for the corners of regular expressions. */
export function matchesAll(matchers: readonly Matcher[], labels: LabelSet): boolean {
  return matchers.every((matcher) => matches(matcher, labels[matcher.name] ?? ""));
}

function matches({ op, value }: Matcher, label: string): boolean {
  if (op === "=" || op === "!=") return (label === value) === (op === "=");
  const pattern = patternOf(value);
  return pattern !== null && pattern.test(label) === (op === "=~");
}

function patternOf(text: string): RegExp | null {
  try {
    return new RegExp(`^(?:${text})$`, "s");
  } catch {
    return null;
  }
}
