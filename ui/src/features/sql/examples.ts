import type { SqlSchema } from "../../api/sql";
import type { useSqlStrings } from "./strings";

export type Example = SqlSchema["examples"][number];

const NAMES = [
  "latency_by_model",
  "cost_by_user",
  "slowest_retrievals",
  "cache_hits_by_day",
  "errors_by_hour",
  "tokens_by_feature",
  "low_scores",
  "loudest_services",
] as const;

/** In the reader's language; the server's own title for one that this app does not know. */
export function titleOf(t: ReturnType<typeof useSqlStrings>, example: Example): string {
  const known = NAMES.find((name) => name === example.name);
  return known === undefined ? example.title : t(known);
}
