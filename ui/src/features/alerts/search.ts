/** What of the alerts' pages lives in their URLs. */

import { type AlertKind, KINDS } from "./list/kinds";

export type AlertSearch = {
  /** Absent is every kind. */
  kind?: AlertKind;
  /** Found in names and labels; a fingerprint finds its alert. */
  text?: string;
};

export type RuleSearch = {
  text?: string;
  /** Present where only rules that are pending or firing are shown. */
  active?: "1";
};

export type SilenceSearch = {
  /** `{alertname="Slow"}`, from a message's link: begins a silence. */
  matchers?: string;
  /** Present where silences that ended are shown too. */
  ended?: "1";
};

export function parseAlertSearch(raw: Record<string, unknown>): AlertSearch {
  const kind = KINDS.find((one) => one === raw.kind);
  return { ...textOf("text", raw.text), ...(kind && { kind }) };
}

export function parseRuleSearch(raw: Record<string, unknown>): RuleSearch {
  return { ...textOf("text", raw.text), ...(raw.active === "1" && { active: "1" }) };
}

export function parseSilenceSearch(raw: Record<string, unknown>): SilenceSearch {
  return { ...textOf("matchers", raw.matchers), ...(raw.ended === "1" && { ended: "1" }) };
}

function textOf<Name extends string>(name: Name, value: unknown): { [Key in Name]?: string } {
  return typeof value === "string" && value !== "" ? ({ [name]: value } as { [Key in Name]?: string }) : {};
}
