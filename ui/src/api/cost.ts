/** What model calls cost: docs/cost.md. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { TimeRange } from "../base/time";
import { getJson, type Query } from "./client";
import type { Selection } from "./queries";

export const COST_DIMENSIONS = [
  "feature",
  "team",
  "user_id",
  "session_id",
  "model",
  "provider",
  "prompt",
  "prompt_version",
  "key",
  "service",
  "environment",
  "release",
  "trace_name",
] as const;
export type CostDimension = (typeof COST_DIMENSIONS)[number];

export type CostClass = { name: string; tokens: number | null; cost_usd: number };

export type CostSums = {
  /** Null where no call has a known price. */
  cost_usd: number | null;
  cost_per_trace_usd: number | null;
  cost_per_1000_traces_usd: number | null;
  trace_count: number;
  call_count: number;
  unpriced_count: number;
  /** 0 to 1. */
  unpriced_share: number | null;
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  classes: CostClass[];
  cache: { saved_usd: number; write_extra_usd: number; hit_ratio: number | null; unknown_count: number };
};

export type CostGroup = CostSums & {
  /** Empty where calls have no value. */
  name: string;
  filter: string;
  share: number | null;
  previous: CostSums | null;
};

export type CostBreakdown = {
  from: string;
  to: string;
  compare: TimeRange | null;
  by: CostDimension;
  total: CostSums & { previous: CostSums | null };
  groups: CostGroup[];
  group_count: number;
  is_cut: boolean;
};

export type CostOverTime = {
  from: string;
  to: string;
  interval_ms: number;
  series: {
    /** Null for all groups beyond the largest. */
    name: string | null;
    points: { start_time: string; cost_usd: number; call_count: number; unpriced_count: number }[];
  }[];
};

export const COST_EFFECTS = [
  "requests",
  "calls_per_request",
  "coverage",
  "mix",
  "tokens",
  "cache",
  "price",
] as const;
export type CostEffect = (typeof COST_EFFECTS)[number];

export type CostChange = {
  from: string;
  to: string;
  compare: TimeRange;
  before_usd: number;
  after_usd: number;
  effects: { name: CostEffect; usd: number }[];
  before_unpriced_share: number | null;
  after_unpriced_share: number | null;
};

type Asked = { selection: Selection; compare: TimeRange | null; by: CostDimension; limit?: number };

function parameters({ selection, compare, by, limit }: Asked): Query {
  const compared = compare === null ? {} : { compare_from: compare.from, compare_to: compare.to };
  return { ...selection, ...compared, by, limit };
}

export const costQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["cost", asked],
    queryFn: ({ signal }) => getJson<CostBreakdown>("/cost", parameters(asked), signal),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  });

export const costOverTimeQuery = (selection: Selection, by: CostDimension) =>
  queryOptions({
    queryKey: ["cost", "over-time", selection, by],
    queryFn: ({ signal }) => getJson<CostOverTime>("/cost/over-time", { ...selection, by }, signal),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  });

export const costChangeQuery = (selection: Selection, compare: TimeRange) =>
  queryOptions({
    queryKey: ["cost", "change", selection, compare],
    queryFn: ({ signal }) =>
      getJson<CostChange>(
        "/cost/change",
        { ...selection, compare_from: compare.from, compare_to: compare.to },
        signal,
      ),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  });

/** The table as a file: the path below the API and what it is asked with. */
export function costFile(asked: Asked): { path: string; query: Query } {
  return { path: "/cost.csv", query: { ...parameters(asked), limit: undefined } };
}
