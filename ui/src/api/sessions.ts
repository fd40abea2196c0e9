/** Conversations, and who was in them: docs/sessions.md. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getJson, request } from "./client";
import type { ProjectName, Selection } from "./queries";
import type { Json, Message, Page, Score, Status, Trace } from "./types";

export type ScoreMean = { name: string; mean: number; count: number };

/** What the traces of a session, or of a user, come to. */
export type Group = {
  start_time: string;
  last_time: string;
  trace_count: number;
  /** Traces that failed. */
  error_count: number;
  llm_call_count: number;
  input_tokens: number | null;
  output_tokens: number | null;
  total_tokens: number | null;
  cost_usd: number | null;
  unpriced_count: number;
  scores: ScoreMean[];
  /** 0 to 1, 1 is best; null where no score says. */
  quality: number | null;
  quality_count: number;
  service: string | null;
  environment: string | null;
  last_input: string | null;
};

export type Session = Group & {
  session_id: string;
  end_time: string;
  duration_ms: number;
  user_ids: string[];
  first_input: string | null;
  last_output: string | null;
};

export type Step = {
  kind: "tool" | "retriever" | "guardrail";
  name: string;
  span_id: string | null;
  status: Status;
  duration_ms: number | null;
  arguments: Json;
  result: Json;
  document_count: number;
};

/** A trace as a turn of a conversation. */
export type Turn = {
  trace: Trace;
  question: Message | null;
  answer: Message | null;
  system: string | null;
  /** Messages that the model was told besides. */
  earlier_count: number;
  steps: Step[];
  is_steps_cut: boolean;
  error_message: string | null;
  scores: Score[];
};

export const PAGE_SIZE = 100;
const TURNS_PAGE = 20;

export const sessionsQuery = (selection: Selection, order: string) =>
  infiniteQueryOptions({
    queryKey: ["sessions", selection, order],
    queryFn: ({ signal, pageParam }) =>
      getJson<Page<Session>>(
        "/sessions",
        { ...selection, order, limit: PAGE_SIZE, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** When the project's newest session of the last year had its newest trace. */
export const newestSessionQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["newest-session", project],
    queryFn: async ({ signal }) => {
      const query = { project, from: "now-365d", to: "now", limit: 1 };
      return (await getJson<Page<Session>>("/sessions", query, signal)).items[0]?.last_time ?? null;
    },
    staleTime: 0,
  });

const sessionPath = (sessionId: string) => `/sessions/${encodeURIComponent(sessionId)}`;

export const sessionQuery = (project: ProjectName, sessionId: string) =>
  queryOptions({
    queryKey: ["session", project, sessionId],
    queryFn: ({ signal }) => getJson<Session>(sessionPath(sessionId), { project }, signal),
  });

export const turnsQuery = (project: ProjectName, sessionId: string, order: "start_time" | "-start_time") =>
  infiniteQueryOptions({
    queryKey: ["session-turns", project, sessionId, order],
    queryFn: ({ signal, pageParam }) =>
      getJson<Page<Turn>>(
        `${sessionPath(sessionId)}/turns`,
        { project, order, limit: TURNS_PAGE, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** The whole conversation as a file. */
export async function exportSession(
  project: ProjectName,
  sessionId: string,
  format: "json" | "markdown",
): Promise<Blob> {
  const response = await request("GET", `${sessionPath(sessionId)}/export`, { project, format });
  return await response.blob();
}
