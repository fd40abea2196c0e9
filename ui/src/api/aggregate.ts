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
      getJson<AggregateAnswer>(
        "/aggregate",
        {
          ...selection,
          target: question.target,
          measure: question.measures,
          group_by: question.groupBy ?? [],
          interval: question.intervalMs == null ? "" : `${question.intervalMs}ms`,
          order: question.order,
          limit: question.limit,
        },
        signal,
      ),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
