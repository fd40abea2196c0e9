/** Experiments: docs/api.md. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Json } from "../model/schemaForm";
import { getJson } from "./client";
import type { ProjectName } from "./queries";

export type ScoreSummary = {
  name: string;
  scored: number;
  mean: number | null;
  low: number | null;
  high: number | null;
  labels: Record<string, number>;
};

export type Experiment = {
  id: string;
  name: string;
  dataset_id: string | null;
  dataset_name: string | null;
  dataset_version: string | null;
  description: string;
  metadata: Json;
  origin: "spans" | "run";
  start_time: string;
  end_time: string;
  item_count: number;
  missing_count: number;
  error_count: number;
  unpriced_count: number;
  cost_usd: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  latency_p50_ms: number | null;
  scores: ScoreSummary[];
};

export type PairedScore = {
  name: string;
  scale: "quality" | "value";
  pairs: number;
  wins: number;
  losses: number;
  ties: number;
  difference: number | null;
  low: number | null;
  high: number | null;
  p_value: number | null;
  sign_p_value: number | null;
};

export type ItemScore = { value: number | null; label: string; quality: number | null; comment: string };

export type Result = {
  trace_id: string;
  span_id: string | null;
  is_stored: boolean;
  output: Json;
  is_error: boolean;
  error_message: string | null;
  latency_ms: number | null;
  cost_usd: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  scores: Record<string, ItemScore>;
  difference: number | null;
};

export type ComparedItem = {
  item_id: string;
  is_in_dataset: boolean;
  input: Json;
  expected_output: Json;
  metadata: Json;
  is_changed: boolean;
  results: Record<string, Result | null>;
};

export type Comparison = {
  baseline: string;
  score: string | null;
  experiments: Experiment[];
  comparisons: { experiment_id: string; scores: PairedScore[] }[];
  items: ComparedItem[];
  total: number;
};

export type CompareOrder = "regressions" | "improvements" | "dataset";

export type CompareAsked = {
  ids: string;
  baseline?: string | undefined;
  score?: string | undefined;
  order?: CompareOrder | undefined;
  changed?: boolean | undefined;
  offset?: number | undefined;
};

export const EXPERIMENTS_PAGE = 20;
export const COMPARED_PAGE = 50;
export const COMPARED_MAX = 5;

export const experimentsQuery = (
  project: ProjectName,
  asked: { dataset?: string | undefined; text?: string | undefined; offset?: number | undefined },
) =>
  queryOptions({
    queryKey: ["experiments", project, asked],
    queryFn: ({ signal }) =>
      getJson<{ items: Experiment[]; total: number }>(
        "/experiments",
        { project, ...asked, limit: EXPERIMENTS_PAGE },
        signal,
      ),
    placeholderData: keepPreviousData,
  });

export const comparisonQuery = (project: ProjectName, asked: CompareAsked) =>
  queryOptions({
    queryKey: ["experiments", project, "compare", asked],
    queryFn: ({ signal }) =>
      getJson<Comparison>("/experiments/compare", { project, ...asked, limit: COMPARED_PAGE }, signal),
    placeholderData: keepPreviousData,
  });
