/** One trace opened to whoever has its address: docs/saved-views.md#public-links. */

import { queryOptions } from "@tanstack/react-query";
import { getJson, postJson, remove } from "./client";
import type { ProjectName } from "./queries";
import type { SpanHead, SpanWithLogs, Trace } from "./types";

export type PublicLink = {
  id: string;
  trace_id: string;
  with_payloads: boolean;
  created_by: string | null;
  created_at: string;
  expires_at: string;
  is_expired: boolean;
};

/** `url` is a path on this server, told once. */
export type NewPublicLink = PublicLink & { url: string };

/** What the public is told: fewer fields than its types say; the others are filled in as absent. */
export type PublicTrace = {
  trace: Trace;
  spans: SpanHead[];
  with_payloads: boolean;
  shared_by: string | null;
  shared_at: string;
  expires_at: string;
};

export const publicLinksQuery = (project: ProjectName, traceId: string) =>
  queryOptions({
    queryKey: ["public-links", project, traceId],
    queryFn: async ({ signal }) => {
      const path = `/traces/${encodeURIComponent(traceId)}/public-links`;
      return (await getJson<{ items: PublicLink[] }>(path, { project }, signal)).items;
    },
  });

export function createPublicLink(
  project: ProjectName,
  traceId: string,
  wanted: { expires_in: string; with_payloads: boolean },
): Promise<NewPublicLink> {
  return postJson(`/traces/${encodeURIComponent(traceId)}/public-link`, { project }, wanted);
}

export function revokePublicLink(project: ProjectName, id: string): Promise<void> {
  return remove(`/public-links/${id}`, { project });
}

const UNTOLD_OF_TRACE = {
  environment: null,
  release: null,
  feature: null,
  team: null,
  user_id: null,
  session_id: null,
  tags: [],
  metadata: {},
  scores: {},
  input_preview: null,
  output_preview: null,
};

const UNTOLD_OF_SPAN = {
  ...UNTOLD_OF_TRACE,
  error_message: null,
  response_id: null,
  cache_write_1h_tokens: null,
  audio_input_tokens: null,
  audio_output_tokens: null,
  reported_cost_usd: null,
  price_version: null,
  warnings: [],
  dialect: null,
  otlp_kind: null,
  prompt_name: null,
  prompt_version: null,
  scores: [],
};

const UNTOLD_PAYLOAD = {
  request_parameters: null,
  input: null,
  output: null,
  input_messages: null,
  output_messages: null,
  tool_calls: null,
  documents: null,
  attributes: {},
  resource: {},
  scope: null,
  events: [],
  links: [],
  logs: [],
};

const publicPath = (token: string) => `/public/traces/${encodeURIComponent(token)}`;

export const publicTraceQuery = (token: string) =>
  queryOptions({
    queryKey: ["public-trace", token],
    queryFn: async ({ signal }): Promise<PublicTrace> => {
      const told = await getJson<PublicTrace>(publicPath(token), {}, signal);
      return {
        ...told,
        trace: { ...UNTOLD_OF_TRACE, ...told.trace },
        spans: told.spans.map((span) => ({ ...UNTOLD_OF_SPAN, ...span })),
      };
    },
    retry: false,
  });

export const publicSpanQuery = (token: string, spanId: string) =>
  queryOptions({
    queryKey: ["public-span", token, spanId],
    queryFn: async ({ signal }): Promise<SpanWithLogs> => {
      const path = `${publicPath(token)}/spans/${encodeURIComponent(spanId)}`;
      const told = await getJson<SpanWithLogs>(path, {}, signal);
      return { ...UNTOLD_OF_SPAN, ...UNTOLD_PAYLOAD, ...told };
    },
  });
