/** Evaluators, their runs over history, and connections to judges: docs/api.md. */

import { queryOptions } from "@tanstack/react-query";
import type { JsonObject, JsonSchema } from "../model/schemaForm";
import { getJson, patchJson, postJson, putJson, remove } from "./client";
import type { ProjectName } from "./queries";

export type TargetType = "trace" | "span";
export type EvaluatorStatus = "running" | "paused" | "over_budget" | "failing" | "invalid";
export type RunStatus = "waiting" | "running" | "over_budget" | "failing" | "done" | "cancelled";

export type Notice = { threshold: number; receiver: string; interval_s: number };

export type ScoreForm = {
  name: string;
  data_type: "numeric" | "categorical" | "boolean" | "text";
  min_value: number | null;
  max_value: number | null;
  categories: { label: string; value: number }[];
  better: "higher" | "lower" | "none";
};

export type EvaluatorInput = {
  name: string;
  kind: string;
  options: JsonObject;
  target_type: TargetType;
  filter: string;
  sampling_rate: number;
  delay_s: number;
  is_enabled: boolean;
  concurrency_max: number;
  calls_per_minute_max: number | null;
  budget_usd_per_day: number | null;
  notice: Notice | null;
};

export type EvaluatorState = {
  status: EvaluatorStatus;
  reason: string | null;
  lag_s: number | null;
  watermark: string | null;
  scored_count: number;
  failed_count: number;
  empty_count: number;
  last_scored_at: string | null;
  last_error: string | null;
  last_error_at: string | null;
};

export type Evaluator = EvaluatorInput & {
  id: string;
  version: number;
  is_judge: boolean;
  scores: ScoreForm[];
  state: EvaluatorState;
  spend: {
    today_usd: number;
    today_calls: number;
    month_usd: number;
    month_calls: number;
    unpriced_calls: number;
  };
  created_at: string;
  updated_at: string;
};

export type EvaluatorKind = {
  name: string;
  title: string;
  description: string;
  is_judge: boolean;
  options_schema: JsonSchema;
  /** Options, and what else an evaluator of it begins with. */
  defaults: Partial<EvaluatorInput>;
  scores: ScoreForm[];
};

export type Rubric = {
  name: string;
  title: string;
  description: string;
  text: string;
  levels: { answer: string; criterion: string }[];
};

export type EvaluatorKinds = { items: EvaluatorKind[]; rubrics: Rubric[]; functions: string[] };

export type Failure = {
  trace_id: string;
  span_id: string | null;
  evaluator_version: number;
  reason: string;
  attempts: number;
  at: string;
};

export type RunInput = {
  from: string;
  to: string;
  filter: string | null;
  sampling_rate: number | null;
  budget_usd: number | null;
};

export type Run = {
  id: string;
  evaluator_id: string;
  evaluator_version: number;
  from: string;
  to: string;
  filter: string;
  sampling_rate: number;
  budget_usd: number | null;
  status: RunStatus;
  reason: string | null;
  target_count: number;
  done_count: number;
  scored_count: number;
  failed_count: number;
  empty_count: number;
  skipped_count: number;
  cost_usd: number;
  created_at: string;
  updated_at: string;
};

const path = (id: string) => `/evaluators/${encodeURIComponent(id)}`;
const REFRESH_MS = 5_000;

export const evaluatorsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["evaluators", project],
    queryFn: ({ signal }) => getJson<{ items: Evaluator[] }>("/evaluators", { project }, signal),
    refetchInterval: REFRESH_MS,
  });

export const evaluatorQuery = (project: ProjectName, id: string) =>
  queryOptions({
    queryKey: ["evaluators", project, id],
    queryFn: ({ signal }) => getJson<Evaluator>(path(id), { project }, signal),
    refetchInterval: REFRESH_MS,
  });

export const evaluatorKindsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["evaluator-kinds", project],
    queryFn: ({ signal }) => getJson<EvaluatorKinds>("/evaluator-kinds", { project }, signal),
    staleTime: 300_000,
  });

export const failuresQuery = (project: ProjectName, id: string) =>
  queryOptions({
    queryKey: ["evaluators", project, id, "failures"],
    queryFn: ({ signal }) =>
      getJson<{ items: Failure[]; total: number }>(`${path(id)}/failures`, { project, limit: 100 }, signal),
    refetchInterval: REFRESH_MS,
  });

export const runsQuery = (project: ProjectName, id: string) =>
  queryOptions({
    queryKey: ["evaluators", project, id, "runs"],
    queryFn: ({ signal }) =>
      getJson<{ items: Run[]; total: number }>(`${path(id)}/runs`, { project, limit: 20 }, signal),
    refetchInterval: 2_000,
  });

export function createEvaluator(project: ProjectName, input: EvaluatorInput): Promise<Evaluator> {
  return postJson<Evaluator>("/evaluators", { project }, input);
}

export function changeEvaluator(
  project: ProjectName,
  id: string,
  changes: Partial<EvaluatorInput>,
): Promise<Evaluator> {
  return patchJson<Evaluator>(path(id), { project }, changes);
}

export function deleteEvaluator(project: ProjectName, id: string): Promise<void> {
  return remove(path(id), { project });
}

export function retryFailures(project: ProjectName, id: string): Promise<{ count: number }> {
  return postJson(`${path(id)}/failures/retry`, { project }, {});
}

export function startRun(project: ProjectName, id: string, input: RunInput): Promise<Run> {
  return postJson<Run>(`${path(id)}/runs`, { project }, input);
}

export function cancelRun(project: ProjectName, id: string, run: string): Promise<Run> {
  return postJson<Run>(`${path(id)}/runs/${encodeURIComponent(run)}/cancel`, { project }, {});
}

export type JudgeConnectionInput = {
  provider: string;
  base_url: string;
  /** Masked; given back masked it stays as it is. */
  api_key: string;
  default_model: string;
  input_usd_per_mtok: number | null;
  output_usd_per_mtok: number | null;
  concurrency_max: number;
  calls_per_minute_max: number | null;
};

export type JudgeConnection = JudgeConnectionInput & { name: string };

export type JudgeProvider = {
  name: string;
  title: string;
  default_url: string;
  needs_url: boolean;
  needs_key: boolean;
  is_installed: boolean;
  /** What brings it, for pip. */
  extra: string;
};

export type JudgeConnections = { items: JudgeConnection[]; providers: JudgeProvider[]; env_keys: string[] };

export const connectionsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["judge-connections", project],
    queryFn: ({ signal }) => getJson<JudgeConnections>("/judge-connections", { project }, signal),
  });

export function putConnection(
  project: ProjectName,
  name: string,
  input: JudgeConnectionInput,
): Promise<JudgeConnection> {
  return putJson<JudgeConnection>(`/judge-connections/${encodeURIComponent(name)}`, { project }, input);
}

export function deleteConnection(project: ProjectName, name: string): Promise<void> {
  return remove(`/judge-connections/${encodeURIComponent(name)}`, { project });
}

/** The connection's own answer; a judge that does not answer is no error of this server. */
export type ConnectionTest = {
  ok: boolean;
  duration_ms: number | null;
  problem: string | null;
  hint: string | null;
};

export function testConnection(project: ProjectName, name: string): Promise<ConnectionTest> {
  return postJson<ConnectionTest>(`/judge-connections/${encodeURIComponent(name)}/test`, { project }, {});
}

/** What judging would take, before it is begun. */
export type Estimate = {
  target_count: number;
  /** Of these, how many have a score of the version already. */
  scored_count: number;
  judged_count: number;
  basis: "free" | "recent_calls" | "prompts" | "nothing";
  prompt_count: number;
  input_tokens_per_target: number | null;
  output_tokens_per_target: number | null;
  usd_low: number | null;
  usd_expected: number | null;
  usd_high: number | null;
  seconds: number;
};

export type RangeInput = { from: string; to: string; filter: string | null; sampling_rate: number | null };

export function estimateRun(project: ProjectName, id: string, input: RangeInput): Promise<Estimate> {
  return postJson<Estimate>(`${path(id)}/estimate`, { project }, input);
}

/** An evaluator as it would be made; of one that is being changed with its id, whose budget holds. */
export type Unsaved = { definition: EvaluatorInput; evaluator_id: string | null };

/** Of live evaluation for a day, from the last 24 hours' traffic. */
export function estimateDay(project: ProjectName, unsaved: Unsaved): Promise<Estimate> {
  return postJson<Estimate>("/evaluators/estimate", { project }, unsaved);
}

export type TriedScore = {
  name: string | null;
  value: number | boolean | string;
  comment: string | null;
  metadata: JsonObject;
};

export type TriedCall = {
  provider: string;
  model: string;
  connection: string;
  system: string;
  prompt: string;
  answer: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  duration_ms: number;
  attempts: number;
  problem: string | null;
};

export type Trial = {
  scores: TriedScore[];
  target: {
    trace_id: string;
    span_id: string | null;
    name: string;
    input: string;
    output: string;
    reference: string | null;
    documents: { id: string | null; content: string; score: number | null }[];
  };
  calls: TriedCall[];
  cost_usd: number | null;
  duration_ms: number;
  judge_project: string | null;
  judge_trace_id: string | null;
  problem: string | null;
  hint: string | null;
};

export function tryEvaluator(
  project: ProjectName,
  unsaved: Unsaved,
  trace: string,
  span: string | null,
): Promise<Trial> {
  return postJson<Trial>("/evaluators/try", { project }, { ...unsaved, trace_id: trace, span_id: span });
}
