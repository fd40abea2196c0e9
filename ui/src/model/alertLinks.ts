/** Where an alert leads: the traces behind it, its expression's graph, a silence that fits it. */

import type { Matcher } from "../api/alerting";
import type { LabelSet } from "../api/prometheus";
import { quoteValue } from "./filterText";

/** Labels that are fields of the filter language. */
const FIELD_LABELS: ReadonlySet<string> = new Set([
  "service",
  "environment",
  "feature",
  "team",
  "model",
  "provider",
  "status",
  "name",
]);
/** Fields of spans alone. */
const CALL_LABELS: ReadonlySet<string> = new Set(["model", "provider"]);
/** Metrics whose labels are those of the trace. */
const OF_TRACES = /llm_trace_|llm_traces_|llm_quality_/;

/** The field that a budget of this scope counts. */
const FIELD_OF_SCOPE: Readonly<Record<string, string>> = {
  team: "team",
  feature: "feature",
  user: "user_id",
  model: "model",
};

/** What comes from the rule and not from what is measured. */
const RULE_LABELS: ReadonlySet<string> = new Set(["alertname", "severity", "project"]);

const BEFORE_MS = 3_600_000;

/**
 * The filter of traces that an alert's labels tell, narrowed to those that failed where its expression counts
 * errors; empty where they tell nothing.
 */
export function traceFilterOf(labels: LabelSet, expression = ""): string {
  // A call's service is rarely that of its trace, which is the one that was asked first.
  const whose = OF_TRACES.test(expression) ? "" : "span.";
  const terms = Object.entries(labels)
    .filter(([label, value]) => FIELD_LABELS.has(label) && value !== "")
    .map(([label, value]) => {
      const field = CALL_LABELS.has(label) ? label : `${whose}${label}`;
      return `${field}:${quoteValue(status(label, value))}`;
    });
  const budgeted = FIELD_OF_SCOPE[labels.budget === undefined ? "" : (labels.scope ?? "")];
  if (budgeted !== undefined && labels.value) terms.push(`${budgeted}:${quoteValue(labels.value)}`);
  if (!labels.status && /status\s*=\s*["']error["']/.test(expression)) terms.push(`${whose}status:error`);
  return terms.join(" ");
}

/** `llm_requests_total` says success where a span says ok. */
function status(label: string, value: string): string {
  return label === "status" && value === "success" ? "ok" : value;
}

/** From an hour before it began until now, or an hour after it ended. */
export function rangeOf(startedAt: string, endedAt: string | null): { from: string; to: string } {
  const from = new Date(Date.parse(startedAt) - BEFORE_MS).toISOString();
  return { from, to: endedAt === null ? "now" : new Date(Date.parse(endedAt) + BEFORE_MS).toISOString() };
}

/** The expression without the comparison at its end, so that a graph shows the value and not the moments beyond. */
export function valueExpression(expression: string): string {
  let depth = 0;
  for (let position = expression.length - 1; position > 0; position -= 1) {
    const character = expression[position] ?? "";
    if (")]}".includes(character)) depth += 1;
    if ("([{".includes(character)) depth -= 1;
    if (depth !== 0) continue;
    const comparison = /^(?:[<>]=?|[!=]=)\s*(?:bool\s+)?[-+]?[\d.]+(?:[eE][-+]?\d+)?$/.exec(
      expression.slice(position),
    );
    if (comparison) {
      const before = expression.slice(0, position);
      return /[<>!=]$/.test(before) ? before.slice(0, -1).trimEnd() : before.trimEnd();
    }
  }
  return expression;
}

/** The matchers that silence exactly this alert. */
export function matchersOf(labels: LabelSet): Matcher[] {
  return Object.entries(labels)
    .filter(([label]) => label !== "project")
    .map(([name, value]) => ({ name, op: "=", value }));
}

/** The labels that tell one alert of a rule from another. */
export function ownLabels(labels: LabelSet): [string, string][] {
  return Object.entries(labels).filter(([label]) => !RULE_LABELS.has(label));
}
