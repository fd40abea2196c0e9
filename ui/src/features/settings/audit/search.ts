/** What of the audit log is shown, as the URL says it. */

export type AuditSearch = {
  from?: string;
  actor?: string;
  action?: string;
  scope?: "everything";
};

export const RANGES = ["now-24h", "now-7d", "now-30d", "now-90d", "now-400d"] as const;
export const DEFAULT_RANGE = "now-30d";

export function parseAuditSearch(raw: Record<string, unknown>): AuditSearch {
  const search: AuditSearch = {};
  for (const name of ["from", "actor", "action"] as const) {
    const value = raw[name];
    if (typeof value === "string" && value !== "") search[name] = value;
  }
  if (raw.scope === "everything") search.scope = "everything";
  return search;
}
