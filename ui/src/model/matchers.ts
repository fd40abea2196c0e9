/** Alertmanager's matchers, as far as a browser has to know them. */

import type { Matcher } from "../api/alerting";
import type { LabelSet } from "../api/prometheus";
import { escapeValue } from "./promql";

/** `{alertname="Slow",model=~"gpt.*"}`. */
export function matchersText(matchers: readonly Matcher[]): string {
  return `{${matchers.map(({ name, op, value }) => `${name}${op}"${escapeValue(value)}"`).join(",")}}`;
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
