import { useQueries } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { getJson } from "../../api/client";
import type { ProjectName } from "../../api/queries";
import type { Facet } from "../../api/types";
import { toRfc3339 } from "../../base/time";
import { ALL, type Variable } from "../../model/dashboards/document";
import { fillFilter, fillPromql, type Values } from "../../model/dashboards/interpolate";
import { type DashboardSearch, splitValues } from "./search";

const OPTIONS_MAX = 200;

export type VariableState = {
  variable: Variable;
  options: readonly string[];
  chosen: readonly string[];
  error: Error | null;
};

type Resolved = { from: number; to: number };

/** What each variable offers and what is chosen of it. A variable may ask with those before it. */
export function useVariables(
  project: ProjectName,
  variables: readonly Variable[],
  range: Resolved,
): { states: VariableState[]; values: Values } {
  const search = useSearch({ strict: false }) as DashboardSearch;
  const first = useMemo(() => chosenOf(variables, search, []), [variables, search]);
  const answers = useQueries({
    queries: variables.map((variable, place) => ({
      queryKey: ["variable", project, variable, asked(variables.slice(0, place), first), range],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        loadOptions(project, variable, asked(variables.slice(0, place), first), range, signal),
      enabled: variable.kind === "facet" || variable.kind === "label",
      placeholderData: (before: string[] | undefined) => before,
      staleTime: 60_000,
      retry: false,
    })),
  });
  const states = variables.map((variable, place): VariableState => {
    const found = variable.kind === "list" ? variable.values : (answers[place]?.data ?? []);
    const chosen = chosenFrom(variable, search, found);
    return { variable, options: found, chosen, error: answers[place]?.error ?? null };
  });
  const key = JSON.stringify(states.map((state) => [state.variable.name, state.chosen]));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same choice is the same object
  const values = useMemo(
    () => Object.fromEntries(states.map((state) => [state.variable.name, state.chosen])),
    [key],
  );
  return { states, values };
}

/** Of these variables alone: others do not change the question. */
function asked(variables: readonly Variable[], values: Values): Values {
  return Object.fromEntries(variables.map((variable) => [variable.name, values[variable.name] ?? []]));
}

function chosenOf(
  variables: readonly Variable[],
  search: DashboardSearch,
  options: readonly string[],
): Values {
  return Object.fromEntries(
    variables.map((variable) => [
      variable.name,
      chosenFrom(variable, search, variable.kind === "list" ? variable.values : options),
    ]),
  );
}

function chosenFrom(variable: Variable, search: DashboardSearch, options: readonly string[]): string[] {
  const given = search[`var-${variable.name}`];
  if (given !== undefined) return splitValues(given);
  if (variable.default.length > 0) return variable.default;
  if (variable.kind === "text") return [""];
  return variable.has_all ? [ALL] : options.slice(0, 1);
}

async function loadOptions(
  project: ProjectName,
  variable: Variable,
  values: Values,
  range: Resolved,
  signal: AbortSignal,
): Promise<string[]> {
  const window = { ...range, step: 60_000 };
  if (variable.kind === "facet") {
    const { field, target } = variable;
    const filter = fillFilter(variable.filter, values, window);
    const query = { project, field, target, filter, limit: OPTIONS_MAX, ...timesOf(range) };
    const facet = await getJson<Facet>("/facets", query, signal);
    return facet.values.map((one) => one.value).filter((value) => value !== "");
  }
  if (variable.kind === "label") {
    const match = fillPromql(variable.match, values, window);
    const query = {
      project,
      "match[]": match,
      start: range.from / 1000,
      end: range.to / 1000,
      limit: OPTIONS_MAX,
    };
    const path = `/label/${encodeURIComponent(variable.label_name)}/values`;
    return (await getJson<{ data: string[] }>(path, query, signal, "prometheus")).data.filter(Boolean);
  }
  return [];
}

function timesOf(range: Resolved): { from: string; to: string } {
  return { from: toRfc3339(range.from), to: toRfc3339(range.to) };
}
