/** Budgets: docs/api.md. */

import { queryOptions } from "@tanstack/react-query";
import { getJson, putJson, remove } from "./client";
import type { ProjectName } from "./queries";

export type BudgetScope = "project" | "team" | "feature" | "user" | "model";
export type BudgetPeriod = "day" | "month";

export type BudgetInput = {
  scope: BudgetScope;
  value: string;
  period: BudgetPeriod;
  amount_usd: number;
  time_zone: string;
};

export type Budget = BudgetInput & {
  name: string;
  period_start: string;
  period_end: string;
  spent_usd: number;
  remaining_usd: number;
  used_ratio: number;
  forecast_usd: number | null;
  forecast_ratio: number | null;
  forecast_basis: "profile" | "linear" | "none";
  burn_rates: { window: string; rate: number }[];
  exhausted_at: string | null;
  is_exhausted: boolean;
};

export const budgetsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["budgets", project],
    queryFn: ({ signal }) => getJson<{ items: Budget[] }>("/budgets", { project }, signal),
    refetchInterval: 60_000,
  });

export function putBudget(project: ProjectName, name: string, input: BudgetInput): Promise<Budget> {
  return putJson<Budget>(`/budgets/${encodeURIComponent(name)}`, { project }, input);
}

export function deleteBudget(project: ProjectName, name: string): Promise<void> {
  return remove(`/budgets/${encodeURIComponent(name)}`, { project });
}
