/** What the screens ask the server, with the keys that TanStack Query caches the answers by. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { toRfc3339 } from "../base/time";
import { quoteValue } from "../model/filterText";
import { getJson, postJson, remove } from "./client";
import type {
  Facet,
  Field,
  Histogram,
  Log,
  LogHistogram,
  LogPage,
  Media,
  Page,
  Project,
  ScoreInput,
  ServerStatus,
  SpanWithLogs,
  Target,
  Trace,
  TraceDetail,
} from "./types";

/** Null is the key's own project, or "default". */
export type ProjectName = string | null;

/** What every question about a set of traces says. */
export type Selection = { project: ProjectName; from: string; to: string; filter: string };

export const PAGE_SIZE = 100;

export const statusQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["status", project],
    queryFn: ({ signal }) => getJson<ServerStatus>("/status", { project }, signal),
    staleTime: 30_000,
  });

export const projectsQuery = () =>
  queryOptions({
    queryKey: ["projects"],
    queryFn: ({ signal }) => getJson<{ items: Project[] }>("/projects", {}, signal),
    staleTime: 60_000,
  });

export const tracesQuery = (selection: Selection, order: string) =>
  infiniteQueryOptions({
    queryKey: ["traces", selection, order],
    queryFn: ({ signal, pageParam }) =>
      getJson<Page<Trace>>("/traces", { ...selection, order, limit: PAGE_SIZE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** A few of the last day's newest that match. */
export const newestTracesQuery = (project: ProjectName, filter: string) =>
  queryOptions({
    queryKey: ["newest-traces", project, filter],
    queryFn: async ({ signal }) => {
      const query = { project, filter, from: "now-24h", to: "now", order: "-start_time", limit: 5 };
      return (await getJson<Page<Trace>>("/traces", query, signal)).items;
    },
    retry: false,
  });

const DAY_MS = 86_400_000;

/** When the project's newest trace of the last year started; also from a sender whose clock is ahead. */
export const newestTraceQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["newest", project],
    queryFn: async ({ signal }) => {
      const to = toRfc3339(Date.now() + DAY_MS);
      const page = await getJson<Page<Trace>>("/traces", { project, from: "now-365d", to, limit: 1 }, signal);
      return page.items[0]?.start_time ?? null;
    },
    staleTime: 0,
  });

export const histogramQuery = (selection: Selection, buckets: number) =>
  queryOptions({
    queryKey: ["histogram", selection, buckets],
    queryFn: ({ signal }) => getJson<Histogram>("/histogram", { ...selection, buckets }, signal),
    placeholderData: keepPreviousData,
  });

export const logsQuery = (selection: Selection, order: string) =>
  infiniteQueryOptions({
    queryKey: ["logs", selection, order],
    queryFn: ({ signal, pageParam }) =>
      getJson<LogPage>("/logs", { ...selection, order, limit: PAGE_SIZE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
  });

const TRACE_LOGS_PAGE = 500;
/** How far from its trace a record is looked for, as the server does for a span's. */
const BEFORE_TRACE_MS = 3_600_000;

/** The trace's records, oldest first. */
export const traceLogsQuery = (project: ProjectName, trace: Trace) =>
  infiniteQueryOptions({
    queryKey: ["trace-logs", project, trace.trace_id],
    queryFn: ({ signal, pageParam }) =>
      getJson<LogPage>(
        "/logs",
        {
          project,
          filter: `trace_id:${quoteValue(trace.trace_id)}`,
          from: toRfc3339(Date.parse(trace.start_time) - BEFORE_TRACE_MS),
          to: toRfc3339(Date.parse(trace.end_time) + DAY_MS),
          order: "time",
          limit: TRACE_LOGS_PAGE,
          cursor: pageParam,
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** When the project's newest record of the last year was written; also by a sender whose clock is ahead. */
export const newestLogQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["newest-log", project],
    queryFn: async ({ signal }) => {
      const range = { from: "now-365d", to: "now+1d" };
      const page = await getJson<LogPage>("/logs", { project, ...range, limit: 1 }, signal);
      return page.items[0]?.time ?? null;
    },
    staleTime: 0,
  });

export const logQuery = (project: ProjectName, logId: string) =>
  queryOptions({
    queryKey: ["log", project, logId],
    queryFn: ({ signal }) => getJson<Log>(`/logs/${encodeURIComponent(logId)}`, { project }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const logHistogramQuery = (selection: Selection, buckets: number) =>
  queryOptions({
    queryKey: ["log-histogram", selection, buckets],
    queryFn: ({ signal }) => getJson<LogHistogram>("/logs/histogram", { ...selection, buckets }, signal),
    placeholderData: keepPreviousData,
  });

/** Asked for again before its address expires, an hour after it was told. */
export const mediaQuery = (project: ProjectName, mediaId: string) =>
  queryOptions({
    queryKey: ["media", project, mediaId],
    queryFn: ({ signal }) => getJson<Media>(`/media/${encodeURIComponent(mediaId)}`, { project }, signal),
    staleTime: 30 * 60_000,
    retry: false,
  });

export const fieldsQuery = (project: ProjectName, target: Target = "traces") =>
  queryOptions({
    queryKey: ["fields", project, target],
    queryFn: ({ signal }) => getJson<{ fields: Field[] }>("/fields", { project, target }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const facetQuery = (selection: Selection, target: Target, field: string, prefix = "", limit = 10) =>
  queryOptions({
    queryKey: ["facet", selection, target, field, prefix, limit],
    queryFn: ({ signal }) =>
      getJson<Facet>("/facets", { ...selection, target, field, prefix, limit }, signal),
    staleTime: 15_000,
  });

/** The trace with its spans' heads; payloads are fetched span by span when one is selected. */
export const traceQuery = (project: ProjectName, traceId: string) =>
  queryOptions({
    queryKey: ["trace", project, traceId],
    queryFn: ({ signal }) =>
      getJson<TraceDetail>(`/traces/${encodeURIComponent(traceId)}`, { project, payloads: false }, signal),
  });

export const spanQuery = (project: ProjectName, traceId: string, spanId: string) =>
  queryOptions({
    queryKey: ["span", project, traceId, spanId],
    queryFn: ({ signal }) =>
      getJson<SpanWithLogs>(
        `/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}`,
        { project },
        signal,
      ),
  });

export const traceSearchQuery = (project: ProjectName, traceId: string, text: string) =>
  queryOptions({
    queryKey: ["trace-search", project, traceId, text],
    queryFn: ({ signal }) =>
      getJson<{ span_ids: string[] }>(
        `/traces/${encodeURIComponent(traceId)}/search`,
        { project, q: text },
        signal,
      ),
    enabled: text.trim() !== "",
  });

export function deleteTrace(project: ProjectName, traceId: string): Promise<void> {
  return remove(`/traces/${encodeURIComponent(traceId)}`, { project });
}

/** The stored score's id. */
export async function sendScore(project: ProjectName, input: ScoreInput): Promise<string> {
  const answer = await postJson<{ ids: [string] }>("/scores", { project }, input);
  return answer.ids[0];
}

export function deleteScore(project: ProjectName, scoreId: string): Promise<void> {
  return remove(`/scores/${encodeURIComponent(scoreId)}`, { project });
}
