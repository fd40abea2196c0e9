/** An evaluator as a person edits it. */

import type { Evaluator, EvaluatorInput, EvaluatorKind } from "../../../api/evaluators";
import { defaultsOf, type JsonObject } from "../../../model/schemaForm";

const JUDGE_SHARE = 0.05;
const JUDGE_BUDGET_USD = 1;

/** What a new evaluator of the kind begins with. */
export function firstDraft(kind: EvaluatorKind, name: string): EvaluatorInput {
  return {
    target_type: "trace",
    filter: "",
    sampling_rate: kind.is_judge ? JUDGE_SHARE : 1,
    delay_s: 30,
    is_enabled: true,
    concurrency_max: 4,
    calls_per_minute_max: null,
    budget_usd_per_day: kind.is_judge ? JUDGE_BUDGET_USD : null,
    notice: null,
    ...kind.defaults,
    options: { ...defaultsOf(kind.options_schema), ...kind.defaults.options },
    name,
    kind: kind.name,
  };
}

export function draftOf(evaluator: Evaluator): EvaluatorInput {
  const { name, kind, options, target_type, filter, sampling_rate, delay_s, is_enabled } = evaluator;
  const { concurrency_max, calls_per_minute_max, budget_usd_per_day, notice } = evaluator;
  return {
    ...{ name, kind, options, target_type, filter, sampling_rate, delay_s, is_enabled },
    ...{ concurrency_max, calls_per_minute_max, budget_usd_per_day, notice },
  };
}

/** One that has no name yet can be tried all the same. */
export function named(draft: EvaluatorInput): EvaluatorInput {
  return { ...draft, name: draft.name.trim() || "unnamed" };
}

/** Whether saving makes a new version: what decides the scores differs. */
export function isNewVersion(before: EvaluatorInput, after: EvaluatorInput): boolean {
  return (
    before.kind !== after.kind ||
    before.target_type !== after.target_type ||
    JSON.stringify(before.options) !== JSON.stringify(after.options)
  );
}

export const CONNECTION_OPTION = "connection";
const OWN_RUBRIC = "own";

/** Options of a judge that most people leave as they are. */
export const MORE_OPTIONS = [
  "score_name",
  "model",
  "reason_language",
  "input_tokens_max",
  "output_tokens_max",
];

/** Options of a judge that the form asks for in its own way, or that the chosen rubric has no use for. */
export function hiddenOptions(options: JsonObject): string[] {
  const isOwn = options.rubric === OWN_RUBRIC;
  const others = isOwn ? ["guidance"] : ["own_rubric", "own_scale", "own_categories", "own_better"];
  const unused = isOwn && options.own_scale !== "categories" ? ["own_categories"] : [];
  return [CONNECTION_OPTION, ...others, ...unused];
}
