import type { ActiveAlert } from "../../../api/alerting";

/** What an alert is to somebody on call: one that nobody hears of is not firing. */
export type AlertKind = "firing" | "pending" | "silenced" | "inhibited";

/** The most urgent first. */
export const KINDS: readonly AlertKind[] = ["firing", "pending", "silenced", "inhibited"];

export function kindOf(alert: ActiveAlert): AlertKind {
  if (alert.silenced_by.length > 0) return "silenced";
  if (alert.inhibited_by.length > 0) return "inhibited";
  return alert.state === "firing" ? "firing" : "pending";
}

/** The edge of its card. */
export function toneOf(alert: ActiveAlert): "bad" | "warning" | "quiet" | "plain" {
  const kind = kindOf(alert);
  if (kind === "pending") return "plain";
  if (kind !== "firing") return "quiet";
  return alert.labels.severity === "warning" || alert.labels.severity === "info" ? "warning" : "bad";
}

/** Whether a search finds it: by `name=value` of its labels, or by its whole fingerprint. */
export function hasText(alert: ActiveAlert, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (alert.fingerprint === wanted) return true;
  return Object.entries(alert.labels).some(([name, value]) =>
    `${name}=${value}`.toLowerCase().includes(wanted),
  );
}

const SEVERITIES = ["critical", "page", "error", "warning"];

/** Firing first, then by severity, then what began last; by name where all that is the same. */
export function byUrgency(one: ActiveAlert, other: ActiveAlert): number {
  const rank = (alert: ActiveAlert) => KINDS.indexOf(kindOf(alert));
  const weight = (alert: ActiveAlert) => {
    const place = SEVERITIES.indexOf(alert.labels.severity ?? "");
    return place < 0 ? SEVERITIES.length : place;
  };
  return (
    rank(one) - rank(other) ||
    weight(one) - weight(other) ||
    Date.parse(other.active_at) - Date.parse(one.active_at) ||
    one.rule.localeCompare(other.rule) ||
    one.fingerprint.localeCompare(other.fingerprint)
  );
}
