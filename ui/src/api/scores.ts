/** Scores in bulk and their configurations: docs/api.md. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getJson, patchJson, postJson, type Query, remove } from "./client";
import type { ProjectName } from "./queries";
import type { Page, Score, ScoreSource, ScoreType } from "./types";

export type Estimate = { value: number | null; low: number | null; high: number | null };
export type Difference = Estimate & { p_value: number | null; has_moved: boolean | null };
export type CategoryShare = { category: string; share: Estimate };

export type Statistics = {
  count: number;
  units: number;
  population: Estimate;
  sampled_share: number | null;
  mean: Estimate;
  quality: Estimate;
  shares: CategoryShare[];
};

export type TrendBucket = {
  start_time: string;
  count: number;
  mean: Estimate;
  quality: Estimate;
  shares?: CategoryShare[];
};

export type ScoreName = Statistics & {
  name: string;
  data_type: ScoreType;
  sources: ScoreSource[];
  evaluators: { id: string; author: string; version: number }[];
  authors: string[];
  config_id: string | null;
  last_at: string;
  trend: TrendBucket[];
};

export type GroupStatistics = Statistics & {
  group: string;
  version: string | null;
  quantiles: (Estimate & { level: number })[];
  change: {
    baseline: Statistics;
    mean: Difference;
    quality: Difference;
    shares: { category: string; share: Difference }[];
  } | null;
};

export type ScoreStatistics = {
  name: string;
  data_type: ScoreType;
  group_by: string | null;
  total: GroupStatistics;
  groups: GroupStatistics[];
  is_cut: boolean;
};

export type ScoreTrend = {
  data_type: ScoreType;
  bucket_ms: number;
  categories: string[];
  groups: { group: string; version: string | null; buckets: TrendBucket[] }[];
};

export type DistributionBin = {
  low: number | null;
  high: number | null;
  category: string | null;
  count: number;
  weight: number;
  share: number;
};
export type ScoreDistribution = { data_type: ScoreType; count: number; bins: DistributionBin[] };

export type Agreeing = {
  labels: string[];
  table: number[][];
  agreement: Estimate;
  kappa: Estimate;
  kappa_linear: Estimate | null;
  kappa_quadratic: Estimate | null;
  strength: Strength | null;
};
export type Strength = "poor" | "slight" | "fair" | "moderate" | "substantial" | "almost perfect";

export type Disagreement = {
  trace_id: string | null;
  span_id: string | null;
  session_id: string | null;
  first: number | string | null;
  second: number | string | null;
  difference: number;
  first_comment: string | null;
  second_comment: string | null;
  timestamp: string;
};

export type ScoreAgreement = {
  pairs: number;
  is_cut: boolean;
  numbers: {
    scale: "value" | "quality";
    mean_difference: Estimate;
    mean_absolute_difference: Estimate;
    pearson: Estimate;
    spearman: Estimate;
  } | null;
  categories: Agreeing | null;
  threshold: number | null;
  passed: Agreeing | null;
  disagreements: Disagreement[];
};

export type ScoreConfigType = "numeric" | "categorical" | "boolean" | "text";
export type ScoreConfigInput = {
  name: string;
  data_type: ScoreConfigType;
  min_value: number | null;
  max_value: number | null;
  categories: { label: string; value: number }[];
  description: string | null;
  better: "higher" | "lower" | "none";
};
export type ScoreConfig = ScoreConfigInput & { id: string; is_archived: boolean; created_at: string };

/** Which scores: a range of time, a filter over traces, and one source or all of them. */
export type ScoreSelection = {
  project: ProjectName;
  from: string;
  to: string;
  filter: string;
  source: string;
  at: string;
};

export const scoreNamesQuery = (selection: ScoreSelection, buckets: number) =>
  queryOptions({
    queryKey: ["scores", "names", selection, buckets],
    queryFn: ({ signal }) =>
      getJson<{ items: ScoreName[] }>("/scores/names", { ...selection, buckets }, signal),
    placeholderData: keepPreviousData,
  });

type OfName = { name: string; data_type: string };
export type Baseline = { baseline_from: string; baseline_to: string };

export const scoreStatisticsQuery = (
  selection: ScoreSelection,
  of: OfName,
  groupBy: string,
  before: Baseline,
) =>
  queryOptions({
    queryKey: ["scores", "statistics", selection, of, groupBy, before],
    queryFn: ({ signal }) =>
      getJson<ScoreStatistics>(
        "/scores/statistics",
        { ...selection, ...of, ...before, group_by: groupBy, quantiles: true },
        signal,
      ),
    placeholderData: keepPreviousData,
  });

export const scoreTrendQuery = (selection: ScoreSelection, of: OfName, buckets: number) =>
  queryOptions({
    queryKey: ["scores", "trend", selection, of, buckets],
    queryFn: ({ signal }) => getJson<ScoreTrend>("/scores/trend", { ...selection, ...of, buckets }, signal),
    placeholderData: keepPreviousData,
  });

export const scoreDistributionQuery = (selection: ScoreSelection, of: OfName) =>
  queryOptions({
    queryKey: ["scores", "distribution", selection, of],
    queryFn: ({ signal }) =>
      getJson<ScoreDistribution>("/scores/distribution", { ...selection, ...of }, signal),
    placeholderData: keepPreviousData,
  });

/** The newest; a filter over traces does not narrow them. */
export const newestScoresQuery = (selection: ScoreSelection, of: OfName, limit: number) => {
  const { project, from, to, source } = selection;
  return queryOptions({
    queryKey: ["scores", "newest", project, from, to, source, of, limit],
    queryFn: ({ signal }) =>
      getJson<Page<Score>>("/scores", { project, from, to, source, ...of, limit }, signal),
    placeholderData: keepPreviousData,
  });
};

export const agreementQuery = (project: ProjectName, query: Query, isAsked: boolean) =>
  queryOptions({
    queryKey: ["scores", "agreement", project, query],
    queryFn: ({ signal }) => getJson<ScoreAgreement>("/scores/agreement", { project, ...query }, signal),
    placeholderData: keepPreviousData,
    enabled: isAsked,
  });

export const scoreConfigsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["score-configs", project],
    queryFn: ({ signal }) => getJson<{ items: ScoreConfig[] }>("/score-configs", { project }, signal),
  });

export function createScoreConfig(project: ProjectName, input: ScoreConfigInput): Promise<ScoreConfig> {
  return postJson<ScoreConfig>("/score-configs", { project }, input);
}

export function restoreScoreConfig(project: ProjectName, id: string): Promise<ScoreConfig> {
  return patchJson<ScoreConfig>(
    `/score-configs/${encodeURIComponent(id)}`,
    { project },
    { is_archived: false },
  );
}

export function archiveScoreConfig(project: ProjectName, id: string): Promise<void> {
  return remove(`/score-configs/${encodeURIComponent(id)}`, { project });
}
