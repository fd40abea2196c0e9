/** Numbers over many traces, spans or logs: docs/api.md#aggregates. */

import { queryOptions } from "@tanstack/react-query";
import type { AggregateAnswer } from "../model/dashboards/frames";
import { getJson } from "./client";
import type { Selection } from "./queries";
import type { Target } from "./types";

export type AggregateQuestion = {
  target: Target;
  measures: readonly string[];
  groupBy?: readonly string[];
  /** Milliseconds; null for one number over the whole range. */
  intervalMs?: number | null;
  order?: string;
  limit?: number;
};

export const aggregateQuery = (selection: Selection, question: AggregateQuestion) =>
  queryOptions({
    queryKey: ["aggregate", selection, question],
    queryFn: ({ signal }) =>
      (question.groupBy ?? []).length === 0
        ? askTogether(selection, question, signal)
        : ask(selection, question, signal),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

function ask(
  selection: Selection,
  question: AggregateQuestion,
  signal: AbortSignal,
): Promise<AggregateAnswer> {
  const { target, measures, groupBy = [], intervalMs = null, order, limit } = question;
  const interval = intervalMs === null ? "" : `${intervalMs}ms`;
  const query = { ...selection, target, measure: measures, group_by: groupBy, interval, order, limit };
  return getJson<AggregateAnswer>("/aggregate", query, signal);
}

/** As many as one request takes. */
const MEASURES_MAX = 20;

type Member = { measures: readonly string[]; signal: AbortSignal };
type Batch = { members: Member[]; answer: Promise<AggregateAnswer> };

const open = new Map<string, Batch>();

/** What is asked of the same rows at the same moment is read once: a row of single numbers is one question. */
async function askTogether(
  selection: Selection,
  question: AggregateQuestion,
  signal: AbortSignal,
): Promise<AggregateAnswer> {
  const { target, measures, intervalMs = null } = question;
  const key = JSON.stringify([selection, target, intervalMs]);
  const known = open.get(key);
  const member = { measures, signal };
  const isFull = known !== undefined && measuresOf([...known.members, member]).length > MEASURES_MAX;
  const batch = known === undefined || isFull ? begin(key, selection, { target, intervalMs }) : known;
  batch.members.push(member);
  const answer = await batch.answer.catch((error: unknown) => error as Error);
  const part = answer instanceof Error ? null : partOf(answer, measures);
  if (part !== null) return part;
  // One of them that cannot be measured must not take the others along.
  if (batch.members.length > 1 && !signal.aborted) return ask(selection, question, signal);
  throw answer;
}

function begin(
  key: string,
  selection: Selection,
  question: Pick<AggregateQuestion, "target"> & { intervalMs: number | null },
): Batch {
  const members: Member[] = [];
  const soon = new Promise<void>((resolve) => setTimeout(resolve));
  const answer = soon.then(() => {
    if (open.get(key) === batch) open.delete(key);
    return ask(selection, { ...question, measures: measuresOf(members) }, allAborted(members));
  });
  const batch = { members, answer };
  open.set(key, batch);
  return batch;
}

function measuresOf(members: readonly Member[]): string[] {
  return [...new Set(members.flatMap((member) => member.measures))];
}

/** Aborted once nobody waits any longer. */
function allAborted(members: readonly Member[]): AbortSignal {
  const controller = new AbortController();
  const check = () => members.every(({ signal }) => signal.aborted) && controller.abort();
  for (const { signal } of members) signal.addEventListener("abort", check);
  return controller.signal;
}

/** The answer to these measures out of one to more of them; null where it has other names for them. */
function partOf(answer: AggregateAnswer, measures: readonly string[]): AggregateAnswer | null {
  const isTold = measures.every((measure) => answer.columns.some((column) => column.name === measure));
  const count = answer.columns.filter((column) => column.type === "number").length;
  if (!isTold) return count === measures.length ? answer : null;
  const kept = answer.columns.flatMap((column, at) =>
    column.type !== "number" || measures.includes(column.name) ? [at] : [],
  );
  const pick = <Item>(row: readonly Item[]) => kept.map((at) => row[at] as Item);
  return { ...answer, columns: pick(answer.columns), rows: answer.rows.map(pick) };
}
