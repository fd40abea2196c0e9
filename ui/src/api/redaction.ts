/** What is made unreadable before it is stored: docs/privacy.md. */

import { queryOptions } from "@tanstack/react-query";
import { getJson, postJson, putJson, remove } from "./client";
import type { ProjectName } from "./queries";

export type RedactionAction = "mask" | "hash" | "drop";

export type DetectorRule = { detector: string; action: RedactionAction; fields: string[] };
export type PatternRule = { name: string; pattern: string; action: RedactionAction; fields: string[] };
export type KeyRule = { key: string; action: RedactionAction };
export type FieldRule = { field: string; action: "hash" | "drop" };

export type RedactionPolicy = {
  detectors: DetectorRule[];
  patterns: PatternRule[];
  keys: KeyRule[];
  fields: FieldRule[];
  stores_content: boolean;
  stores_media: boolean;
};

export type Redaction = {
  policy: RedactionPolicy;
  default_policy: RedactionPolicy;
  is_default: boolean;
  updated_at: string | null;
  server_stores_content: boolean;
  personal: string[];
  secrets: string[];
  fields: string[];
};

export type RedactionCount = { detector: string; field: string; action: string; count: number };

export type RedactionTrial = {
  /** Null: nothing of the field would be stored. */
  text: string | null;
  findings: { detector: string; action: RedactionAction; start: number; end: number }[];
  count: number;
};

export type RedactionPreview = {
  traces: number;
  spans: number;
  spans_changed: number;
  counts: RedactionCount[];
};

export const redactionQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["redaction", project],
    queryFn: ({ signal }) => getJson<Redaction>("/redaction", { project }, signal),
  });

export const redactionCountsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["redaction-counts", project],
    queryFn: ({ signal }) =>
      getJson<{ total: number; counts: RedactionCount[] }>(
        "/redaction/counts",
        { project, hours: 24 },
        signal,
      ),
    refetchInterval: 30_000,
  });

export function putRedaction(project: ProjectName, policy: RedactionPolicy): Promise<Redaction> {
  return putJson<Redaction>("/redaction", { project }, policy);
}

export function resetRedaction(project: ProjectName): Promise<void> {
  return remove("/redaction", { project });
}

export function tryRedaction(
  project: ProjectName,
  policy: RedactionPolicy,
  text: string,
  field: string,
): Promise<RedactionTrial> {
  return postJson<RedactionTrial>("/redaction/trial", { project }, { policy, text, field });
}

export function previewRedaction(project: ProjectName, policy: RedactionPolicy): Promise<RedactionPreview> {
  return postJson<RedactionPreview>("/redaction/preview", { project }, { policy, traces: 20 });
}
