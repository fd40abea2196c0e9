/** Prometheus' HTTP API, as far as screens ask it. Times are milliseconds here, seconds on the wire. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { askPrometheus, getJson } from "./client";
import type { ProjectName } from "./queries";

export type LabelSet = Readonly<Record<string, string>>;
/** Seconds and the value's text: numbers of 64 bits, "NaN", "+Inf". */
type Point = [number, string];

type VectorData = { resultType: "vector"; result: { metric: LabelSet; value: Point }[] };
type MatrixData = { resultType: "matrix"; result: { metric: LabelSet; values: Point[] }[] };
type ScalarData = { resultType: "scalar" | "string"; result: Point };

export type RangeSeries = { labels: LabelSet; times: number[]; values: number[] };
export type InstantRow = { labels: LabelSet; value: string; time: number };
export type Annotated<Rows> = { rows: Rows; warnings: string[]; infos: string[] };
export type MetricInfo = { name: string; type: string; help: string };

/** "+Inf" and "NaN" are numbers too. */
export function numberOf(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

export const rangeQuery = (
  project: ProjectName,
  query: string,
  window: { from: number; to: number; step: number },
) =>
  queryOptions({
    queryKey: ["prometheus-range", project, query, window.from, window.to, window.step],
    queryFn: async ({ signal }): Promise<Annotated<RangeSeries[]>> => {
      const { from: start, to: end, step } = window;
      const parameters = { query, start: start / 1000, end: end / 1000, step: step / 1000 };
      const answer = await askPrometheus<MatrixData>("/query_range", { project }, parameters, signal);
      return { ...answer, rows: answer.data.result.map(seriesOf) };
    },
    placeholderData: keepPreviousData,
    enabled: query.trim() !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

function seriesOf(found: MatrixData["result"][number]): RangeSeries {
  return {
    labels: found.metric,
    times: found.values.map(([seconds]) => Math.round(seconds * 1000)),
    values: found.values.map(([, text]) => numberOf(text)),
  };
}

export const instantQuery = (project: ProjectName, query: string, time: number) =>
  queryOptions({
    queryKey: ["prometheus-instant", project, query, time],
    queryFn: async ({ signal }): Promise<Annotated<InstantRow[]>> => {
      const parameters = { query, time: time / 1000 };
      const answer = await askPrometheus<VectorData | MatrixData | ScalarData>(
        "/query",
        { project },
        parameters,
        signal,
      );
      return { ...answer, rows: rowsOf(answer.data) };
    },
    placeholderData: keepPreviousData,
    enabled: query.trim() !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

function rowsOf(data: VectorData | MatrixData | ScalarData): InstantRow[] {
  const row = (labels: LabelSet, [seconds, value]: Point) => ({ labels, value, time: seconds * 1000 });
  switch (data.resultType) {
    case "vector":
      return data.result.map((found) => row(found.metric, found.value));
    case "matrix":
      return data.result.flatMap((found) => found.values.map((point) => row(found.metric, point)));
    default:
      return [row({}, data.result)];
  }
}

export const metricsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["prometheus-metadata", project],
    queryFn: async ({ signal }): Promise<MetricInfo[]> => {
      const answer = await getJson<{ data: Record<string, { type: string; help: string }[]> }>(
        "/metadata",
        { project },
        signal,
        "prometheus",
      );
      return Object.entries(answer.data)
        .map(([name, found]) => ({ name, type: found[0]?.type ?? "unknown", help: found[0]?.help ?? "" }))
        .sort((one, other) => one.name.localeCompare(other.name));
    },
    staleTime: 60_000,
  });
