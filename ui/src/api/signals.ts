/** The lower half of the overview: how latency spreads, what fails, what moved, what telemetry lacks. docs/overview.md. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getJson } from "./client";
import type { Selection } from "./queries";

export type HeatOf = "calls" | "traces";

export type LatencyHeatmap = {
  from: string;
  to: string;
  of: HeatOf;
  bucket_ms: number;
  rows: { low_ms: number; high_ms: number }[];
  columns: { start_time: string; counts: number[]; error_counts: number[] }[];
  examples: {
    trace_id: string;
    span_id: string | null;
    start_time: string;
    duration_ms: number;
    is_error: boolean;
  }[];
};

export const heatmapQuery = (selection: Selection, of: HeatOf) =>
  queryOptions({
    queryKey: ["latency-heatmap", selection, of],
    queryFn: ({ signal }) => getJson<LatencyHeatmap>("/latency-heatmap", { ...selection, of }, signal),
    placeholderData: keepPreviousData,
  });

export type ErrorType = {
  error_type: string;
  span_count: number;
  trace_count: number;
  /** Of the traces with a failure. */
  share: number;
  span_count_before: number | null;
  trace_count_before: number | null;
  newest: { time: string; message: string; trace_id: string; span_id: string } | null;
  models: { name: string; count: number }[];
  services: { name: string; count: number }[];
};

export type ErrorTypes = {
  from: string;
  to: string;
  compare_from: string | null;
  compare_to: string | null;
  trace_count: number;
  trace_count_before: number | null;
  items: ErrorType[];
  is_cut: boolean;
};

export const errorTypesQuery = (selection: Selection, compare: string) =>
  queryOptions({
    queryKey: ["errors-by-type", selection, compare],
    queryFn: ({ signal }) => getJson<ErrorTypes>("/errors-by-type", { ...selection, compare }, signal),
    placeholderData: keepPreviousData,
  });

export type MeasureName = "cost" | "calls" | "errors" | "latency" | "tokens" | "quality";

export type Mover = {
  dimension: string;
  value: string;
  now: number | null;
  before: number | null;
  calls: number;
  calls_before: number;
  contribution: number;
  effect: number;
  filter: string;
};

export type MovedMeasure = {
  name: MeasureName;
  kind: "sum" | "mean";
  unit: string;
  now: number | null;
  before: number | null;
  change_ratio: number | null;
  movers: Mover[];
  score: string | null;
};

export type Movers = {
  from: string;
  to: string;
  compare_from: string;
  compare_to: string;
  measures: MovedMeasure[];
};

export const moversQuery = (selection: Selection, compare: string) =>
  queryOptions({
    queryKey: ["movers", selection, compare],
    queryFn: ({ signal }) => getJson<Movers>("/movers", { ...selection, compare }, signal),
    placeholderData: keepPreviousData,
    enabled: compare !== "off",
  });

export type Release = {
  release: string;
  service: string;
  environment: string;
  first_seen: string;
  last_seen: string;
  is_new: boolean;
  trace_count: number;
  error_rate: number | null;
  trace_count_before: number;
  error_rate_before: number | null;
};

export const releasesQuery = (selection: Selection) =>
  queryOptions({
    queryKey: ["releases", selection],
    queryFn: ({ signal }) => getJson<{ items: Release[] }>("/releases", { ...selection }, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export type HonestyName =
  | "unpriced"
  | "unscored"
  | "orphaned"
  | "dropped"
  | "clock_skewed"
  | "miscounted"
  | "unreadable"
  | "redacted"
  | "truncated"
  | "rejected"
  | "refused"
  | "not_stored";

export type HonestyCount = {
  name: HonestyName;
  count: number;
  of: number | null;
  of_what: "spans" | "calls" | "traces" | "requests" | "records" | "";
  scope: "project" | "server";
  filter: string;
};

export type Honesty = {
  from: string;
  to: string;
  started_at: string;
  items: HonestyCount[];
  evaluators: {
    id: string;
    name: string;
    status: string;
    reason: string;
    failed_count: number;
    lag_s: number | null;
  }[];
};

export const honestyQuery = (selection: Selection) =>
  queryOptions({
    queryKey: ["honesty", selection],
    queryFn: ({ signal }) => getJson<Honesty>("/honesty", { ...selection }, signal),
    placeholderData: keepPreviousData,
  });
