/** The overview's indicators and the thresholds they share with the default rules: docs/overview.md. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { AlertState } from "./alerting";
import { getJson, putJson } from "./client";
import type { ProjectName, Selection } from "./queries";

export type IndicatorName = "latency" | "errors" | "tokens" | "cost" | "quality" | "cache";
export type IndicatorState = "good" | "warning" | "bad" | "not_enough_data";
export type IndicatorReason =
  | ""
  | "over"
  | "near"
  | "few_samples"
  | "no_comparison"
  | "few_before"
  | "uncertain"
  | "budget_spent"
  | "budget_forecast"
  | "budget_used";

export type ThresholdName =
  | "latency_p99_seconds"
  | "error_ratio"
  | "tokens_growth_ratio"
  | "cost_growth_ratio"
  | "cost_per_hour_usd"
  | "budget_used_ratio"
  | "quality_mean"
  | "cache_hit_ratio"
  | "prompt_cache_ratio";

export type OwnerRule = {
  name: string;
  group: string;
  file: string;
  /** `default` follows the threshold. */
  source: "default" | "file" | "api";
  state: AlertState;
  firing_count: number;
  expr: string;
};

export type Indicator = {
  name: IndicatorName;
  value: number | null;
  low: number | null;
  high: number | null;
  samples: number;
  samples_min: number;
  state: IndicatorState;
  reason: IndicatorReason;
  before: number | null;
  change: number | null;
  change_ratio: number | null;
  trend: "better" | "worse" | "same" | null;
  series: (number | null)[];
  thresholds: { name: ThresholdName; value: number }[];
  rules: OwnerRule[];
  parts: { name: string; value: number | null; before: number | null }[];
  /** Of the traces behind the value, beside the filter that was asked for. */
  filter: string;
  order: string;
  score: string | null;
};

export type BudgetState = {
  name: string;
  used_ratio: number;
  forecast_ratio: number | null;
  amount_usd: number;
  spent_usd: number;
  period: string;
};

export type Overview = {
  from: string;
  to: string;
  compare_from: string | null;
  compare_to: string | null;
  bucket_ms: number;
  calls: number;
  indicators: Indicator[];
  budget: BudgetState | null;
};

export const overviewQuery = (selection: Selection, compare: string) =>
  queryOptions({
    queryKey: ["overview", selection, compare],
    queryFn: ({ signal }) => getJson<Overview>("/overview", { ...selection, compare }, signal),
    placeholderData: keepPreviousData,
  });

export type Threshold = {
  name: ThresholdName;
  value: number;
  default: number;
  is_default: boolean;
  low: number;
  high: number;
  is_bad_above: boolean;
  rule: OwnerRule | null;
};

export const thresholdsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["thresholds", project],
    queryFn: ({ signal }) => getJson<{ items: Threshold[] }>("/thresholds", { project }, signal),
  });

/** All at once; those that are left out are the defaults. */
export function putThresholds(
  project: ProjectName,
  thresholds: Partial<Record<ThresholdName, number>>,
): Promise<{ items: Threshold[] }> {
  return putJson("/thresholds", { project }, { thresholds });
}
