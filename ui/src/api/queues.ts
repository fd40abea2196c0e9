/** Annotation queues: docs/api.md. */

import { queryOptions } from "@tanstack/react-query";
import { getJson, patchJson, postJson, remove, request } from "./client";
import type { ProjectName } from "./queries";
import type { ScoreType, Trace } from "./types";

export type AnswerValue = number | boolean | string;

/** A score that reviewers are asked for. */
export type AskedScore = {
  id: string;
  name: string;
  data_type: ScoreType;
  min_value: number | null;
  max_value: number | null;
  categories: { label: string; value: number }[];
  description: string | null;
};

export type ReviewerProgress = {
  reviewer: string;
  done_count: number;
  skipped_count: number;
  claimed_count: number;
  last_at: string | null;
};

export type QueueProgress = {
  item_count: number;
  done_count: number;
  claimed_count: number;
  skipped_count: number;
  review_count: number;
  reviewers: ReviewerProgress[];
};

export type QueueInput = {
  name: string;
  description: string;
  instructions: string;
  config_ids: string[];
  reviewers_wanted: number;
};

export type AnnotationQueue = QueueInput & {
  id: string;
  configs: AskedScore[];
  progress: QueueProgress;
  created_at: string;
  updated_at: string;
};

export type QueueItem = {
  id: string;
  trace_id: string | null;
  span_id: string | null;
  session_id: string | null;
  sampling_rate: number;
  created_at: string;
  done_count: number;
  is_done: boolean;
};

export type Review = {
  reviewer: string;
  status: "claimed" | "done" | "skipped";
  answers: { [configId: string]: AnswerValue };
  comment: string;
  correction: string;
  lease_until: string | null;
  started_at: string;
  finished_at: string | null;
};

export type ListedItem = QueueItem & { reviews: Review[]; trace: Trace | null };
export type ItemState = "open" | "done" | "skipped";

export type Work = { item: QueueItem; review: Review };
export type WorkAnswer = { work: Work | null; progress: QueueProgress };

export type Verdict = { answers: { [configId: string]: AnswerValue }; comment: string; correction: string };

export type FillInput = {
  target: "trace" | "span";
  filter: string;
  from: string;
  to: string;
  order: string;
  sampling_rate: number;
  limit: number;
  dry_run: boolean;
};

export type Filled = {
  found: number;
  added: number;
  already_there: number;
  scanned: number;
  is_complete: boolean;
};

export type Estimate = { value: number | null; low: number | null; high: number | null };
export type PairAgreement = {
  first: string;
  second: string;
  item_count: number;
  raw: Estimate;
  kappa: Estimate;
  pearson: Estimate;
  mean_difference: Estimate;
};
export type ScoreAgreement = {
  config_id: string;
  name: string;
  data_type: ScoreType;
  item_count: number;
  alpha: Estimate;
  pairs: PairAgreement[];
  evaluators: PairAgreement[];
};

/** Others work on the same queue. */
const REFRESH_MS = 15_000;

const pathOf = (queueId: string) => `/queues/${encodeURIComponent(queueId)}`;
const itemPath = (queueId: string, itemId: string) =>
  `${pathOf(queueId)}/items/${encodeURIComponent(itemId)}`;

export const queuesQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["queues", project],
    queryFn: ({ signal }) => getJson<{ items: AnnotationQueue[] }>("/queues", { project }, signal),
    refetchInterval: REFRESH_MS,
  });

export const queueQuery = (project: ProjectName, queueId: string) =>
  queryOptions({
    queryKey: ["queue", project, queueId],
    queryFn: ({ signal }) => getJson<AnnotationQueue>(pathOf(queueId), { project }, signal),
    refetchInterval: REFRESH_MS,
  });

export const QUEUE_PAGE = 50;

export const queueItemsQuery = (
  project: ProjectName,
  queueId: string,
  state: ItemState | undefined,
  page: number,
) =>
  queryOptions({
    queryKey: ["queue-items", project, queueId, state, page],
    queryFn: ({ signal }) =>
      getJson<{ items: ListedItem[]; total: number }>(
        `${pathOf(queueId)}/items`,
        { project, state, limit: QUEUE_PAGE, offset: page * QUEUE_PAGE },
        signal,
      ),
  });

export const agreementQuery = (project: ProjectName, queueId: string) =>
  queryOptions({
    queryKey: ["queue-agreement", project, queueId],
    queryFn: ({ signal }) =>
      getJson<{ items: ScoreAgreement[] }>(`${pathOf(queueId)}/agreement`, { project }, signal),
  });

export const askableScoresQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["score-configs", project, "askable"],
    queryFn: ({ signal }) =>
      getJson<{ items: AskedScore[] }>("/score-configs", { project, is_archived: false }, signal),
  });

export type NewScore = Pick<AskedScore, "name" | "data_type"> &
  Partial<Pick<AskedScore, "min_value" | "max_value" | "categories">>;

export function createAskedScore(project: ProjectName, input: NewScore): Promise<AskedScore> {
  return postJson<AskedScore>("/score-configs", { project }, input);
}

export function createQueue(project: ProjectName, input: QueueInput): Promise<AnnotationQueue> {
  return postJson<AnnotationQueue>("/queues", { project }, input);
}

export function changeQueue(
  project: ProjectName,
  queueId: string,
  input: Partial<QueueInput>,
): Promise<AnnotationQueue> {
  return patchJson<AnnotationQueue>(pathOf(queueId), { project }, input);
}

export function deleteQueue(project: ProjectName, queueId: string): Promise<void> {
  return remove(pathOf(queueId), { project });
}

export type TargetInput = { trace_id: string; span_id?: string } | { session_id: string };

export function addToQueue(
  project: ProjectName,
  queueId: string,
  items: readonly TargetInput[],
): Promise<Filled> {
  return postJson<Filled>(`${pathOf(queueId)}/items`, { project }, { items });
}

export function fillQueue(project: ProjectName, queueId: string, input: FillInput): Promise<Filled> {
  return postJson<Filled>(`${pathOf(queueId)}/fill`, { project }, input);
}

export function removeItem(project: ProjectName, queueId: string, itemId: string): Promise<void> {
  return remove(itemPath(queueId, itemId), { project });
}

export async function downloadReviews(project: ProjectName, queueId: string): Promise<Blob> {
  return (await request("GET", `${pathOf(queueId)}/export`, { project })).blob();
}

/** Who reviews, and what: every step of the work. */
export type Desk = { project: ProjectName; queueId: string; reviewer: string };

function step(desk: Desk, path: string, body: object = {}): Promise<WorkAnswer> {
  const { project, queueId, reviewer } = desk;
  return postJson<WorkAnswer>(`${pathOf(queueId)}${path}`, { project }, { reviewer, ...body });
}

const itemStep = (desk: Desk, itemId: string, word: string, body?: object) =>
  step(desk, `/items/${encodeURIComponent(itemId)}/${word}`, body);

export const takeNext = (desk: Desk, without: readonly string[], withSkipped: boolean) =>
  step(desk, "/next", { without, with_skipped: withSkipped });

export const undoLast = (desk: Desk) => step(desk, "/undo");

export const claimItem = (desk: Desk, itemId: string) => itemStep(desk, itemId, "claim");

export const skipItem = (desk: Desk, itemId: string) => itemStep(desk, itemId, "skip");

export const sendReview = (desk: Desk, itemId: string, verdict: Verdict) =>
  itemStep(desk, itemId, "review", verdict);

/** Also while the page is being closed. */
export async function releaseItem(desk: Desk, itemId: string): Promise<void> {
  const { project, queueId, reviewer } = desk;
  const path = `${itemPath(queueId, itemId)}/release`;
  await request("POST", path, { project }, { body: JSON.stringify({ reviewer }), keepalive: true });
}
