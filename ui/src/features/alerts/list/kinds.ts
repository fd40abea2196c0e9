import type { ActiveAlert } from "../../../api/alerting";

/** What an alert is to somebody on call: one that nobody hears of is not firing. */
export type AlertKind = "firing" | "pending" | "silenced" | "inhibited";

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
