/** Rules of redaction while they are edited. */

import type { RedactionAction, RedactionPolicy } from "../../api/redaction";

/** What happens to what a detector finds; `keep`: nothing. */
export type Choice = RedactionAction | "keep";

/** Fields that can be left out as a whole, and what else can be done with them. */
export const DROPPABLE = [
  "input",
  "output",
  "metadata",
  "events",
  "error",
  "user_id",
  "session_id",
  "tags",
  "log_body",
  "log_attributes",
  "score",
] as const;
export const HASHABLE: readonly string[] = ["user_id", "session_id"];

export function choiceOf(policy: RedactionPolicy, detector: string): Choice {
  return policy.detectors.find((rule) => rule.detector === detector)?.action ?? "keep";
}

export function withChoice(policy: RedactionPolicy, detectors: string[], choice: Choice): RedactionPolicy {
  const others = policy.detectors.filter((rule) => !detectors.includes(rule.detector));
  if (choice === "keep") return { ...policy, detectors: others };
  const chosen = detectors.map((detector) => ({
    detector,
    action: choice,
    fields: fieldsOf(policy, detector),
  }));
  return { ...policy, detectors: [...others, ...chosen] };
}

/** The choice that all of these have; null where they differ. */
export function commonChoice(policy: RedactionPolicy, detectors: string[]): Choice | null {
  const choices = new Set(detectors.map((detector) => choiceOf(policy, detector)));
  const [only] = choices;
  return choices.size === 1 && only !== undefined ? only : null;
}

/** Where it is looked for; empty: everywhere. */
export function fieldsOf(policy: RedactionPolicy, detector: string): string[] {
  return policy.detectors.find((rule) => rule.detector === detector)?.fields ?? [];
}

export function withFields(policy: RedactionPolicy, detector: string, fields: string[]): RedactionPolicy {
  const detectors = policy.detectors.map((rule) => (rule.detector === detector ? { ...rule, fields } : rule));
  return { ...policy, detectors };
}

export function fieldChoice(policy: RedactionPolicy, field: string): Choice {
  return policy.fields.find((rule) => rule.field === field)?.action ?? "keep";
}

export function withFieldChoice(policy: RedactionPolicy, field: string, choice: Choice): RedactionPolicy {
  const others = policy.fields.filter((rule) => rule.field !== field);
  if (choice === "keep" || choice === "mask") return { ...policy, fields: others };
  return { ...policy, fields: [...others, { field, action: choice }] };
}

export function isSamePolicy(one: RedactionPolicy, other: RedactionPolicy): boolean {
  return canonical(one) === canonical(other);
}

function canonical(policy: RedactionPolicy): string {
  return JSON.stringify({
    ...policy,
    detectors: [...policy.detectors].sort((a, b) => a.detector.localeCompare(b.detector)),
    fields: [...policy.fields].sort((a, b) => a.field.localeCompare(b.field)),
  });
}

export type Piece = { text: string; detector: string | null };

/** A text in pieces, those that were found marked. Places count code points, not UTF-16 units. */
export function piecesOf(
  text: string,
  findings: readonly { detector: string; start: number; end: number }[],
): Piece[] {
  const points = [...text];
  const pieces: Piece[] = [];
  let at = 0;
  for (const { detector, start, end } of findings) {
    if (start > at) pieces.push({ text: points.slice(at, start).join(""), detector: null });
    pieces.push({ text: points.slice(start, end).join(""), detector });
    at = end;
  }
  if (at < points.length) pieces.push({ text: points.slice(at).join(""), detector: null });
  return pieces;
}
