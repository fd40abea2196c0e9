/** What a panel asks, in whichever language, and its answers as series or tables. */

import { aggregateQuery } from "../../api/aggregate";
import { panelSqlQuery, type SqlParameters } from "../../api/dashboards";
import { instantQuery, numberOf, rangeQuery } from "../../api/prometheus";
import type { ProjectName } from "../../api/queries";
import { toRfc3339 } from "../../base/time";
import {
  type AggregateQuery,
  ALL,
  isOverTime,
  type Panel,
  type PanelQuery,
  type PromqlQuery,
  type SqlQuery,
} from "../../model/dashboards/document";
import {
  aggregateSeries,
  aggregateTable,
  legendOf,
  type Series,
  sqlSeries,
  sqlTable,
  type TableFrame,
  withZeros,
} from "../../model/dashboards/frames";
import { fillFilter, fillPromql, InterpolationError, type Values } from "../../model/dashboards/interpolate";
import { seriesName, stepOf, unitOf } from "../../model/promql";

export type PanelContext = {
  project: ProjectName;
  range: { from: number; to: number };
  values: Values;
  /** What each variable offers, for all of them. */
  options: Values;
  /** Narrows queries of the filter language. */
  filter: string;
};

export type PanelAnswer = {
  series: Series[];
  table: TableFrame | null;
  /** The course behind one number, where it is asked for apart. */
  trend: Series[];
  isCut: boolean;
  warnings: string[];
};

const NOTHING: PanelAnswer = { series: [], table: null, trend: [], isCut: false, warnings: [] };

/** The range on whole steps, so that a refresh moves it step by step, and the distance of points. */
export function windowOf(
  panel: Panel,
  range: PanelContext["range"],
): { from: number; to: number; step: number } {
  const points = panel.kind === "value" ? 40 : panel.kind === "bar" ? 50 : panel.place.w >= 12 ? 120 : 70;
  const wanted = panel.kind === "heatmap" ? 60 : points;
  const step = stepOf(range.to - range.from, wanted);
  return { from: Math.floor(range.from / step) * step, to: Math.ceil(range.to / step) * step, step };
}

type Fetch = <Answer>(options: { queryKey: readonly unknown[]; queryFn?: unknown }) => Promise<Answer>;

/** Rejects with InterpolationError where a variable does not fit, else with what the server says. */
export async function loadQuery(
  panel: Panel,
  query: PanelQuery,
  context: PanelContext,
  fetch: Fetch,
): Promise<PanelAnswer> {
  switch (query.kind) {
    case "promql":
      return query.expr.trim() === "" ? NOTHING : loadPromql(panel, query, context, fetch);
    case "aggregate":
      return loadAggregate(panel, query, context, fetch);
    case "sql":
      return query.query.trim() === "" ? NOTHING : loadSql(panel, query, context, fetch);
  }
}

async function loadPromql(
  panel: Panel,
  query: PromqlQuery,
  context: PanelContext,
  fetch: Fetch,
): Promise<PanelAnswer> {
  const window = windowOf(panel, context.range);
  const expression = fillPromql(query.expr, context.values, window);
  const unit = unitOf(expression);
  const isOneNumber = !isOverTime(panel.kind) && panel.kind !== "value" && panel.reduce === "last";
  if (isOneNumber) {
    const answer = await fetch<InstantAnswer>(instantQuery(context.project, expression, window.to));
    const series = answer.rows.map((row) => ({
      name: legendOf(query.legend, row.labels, nameOf(row.labels, query.expr)),
      labels: row.labels,
      unit,
      times: [row.time],
      values: [numberOf(row.value)],
    }));
    return { ...NOTHING, series, warnings: answer.warnings };
  }
  const answer = await fetch<RangeAnswer>(rangeQuery(context.project, expression, window));
  const series = answer.rows.map((row) => ({
    name: legendOf(query.legend, row.labels, nameOf(row.labels, query.expr)),
    labels: row.labels,
    unit,
    times: row.times,
    values: row.values,
  }));
  return { ...NOTHING, series, warnings: answer.warnings };
}

type RangeAnswer = {
  rows: { labels: Record<string, string>; times: number[]; values: number[] }[];
  warnings: string[];
};
type InstantAnswer = {
  rows: { labels: Record<string, string>; value: string; time: number }[];
  warnings: string[];
};

function nameOf(labels: Readonly<Record<string, string>>, expression: string): string {
  const name = seriesName(labels);
  return name === "{}" ? expression.slice(0, 60) : name;
}

async function loadAggregate(
  panel: Panel,
  query: AggregateQuery,
  context: PanelContext,
  fetch: Fetch,
): Promise<PanelAnswer> {
  const window = windowOf(panel, context.range);
  const own = fillFilter(query.filter, context.values, window);
  const selection = {
    project: context.project,
    from: toRfc3339(window.from),
    to: toRfc3339(window.to),
    filter: query.target === "logs" ? own : both(context.filter, own),
  };
  const ask = (intervalMs: number | null) =>
    fetch<Parameters<typeof aggregateSeries>[0]>(
      aggregateQuery(selection, {
        target: query.target,
        measures: query.measures,
        groupBy: query.group_by,
        intervalMs,
        order: query.order,
        limit: query.limit,
      }),
    );
  const [answer, course] = await Promise.all([
    ask(isOverTime(panel.kind) ? window.step : null),
    panel.kind === "value" ? ask(window.step) : null,
  ]);
  const series = aggregateSeries(answer, query.legend, window.to);
  return {
    ...NOTHING,
    series: isOverTime(panel.kind) ? withZeros(answer, series, window) : series,
    table: panel.kind === "table" ? aggregateTable(answer) : null,
    trend: course === null ? [] : withZeros(course, aggregateSeries(course, query.legend, window.to), window),
    isCut: answer.is_cut,
  };
}

function both(one: string, other: string): string {
  if (one.trim() === "" || other.trim() === "") return one.trim() || other.trim();
  return `(${one}) (${other})`;
}

async function loadSql(
  panel: Panel,
  query: SqlQuery,
  context: PanelContext,
  fetch: Fetch,
): Promise<PanelAnswer> {
  const window = windowOf(panel, context.range);
  const range = { from: toRfc3339(window.from), to: toRfc3339(window.to) };
  const parameters = sqlParameters(query.query, context, window);
  const answer = await fetch<Parameters<typeof sqlSeries>[0]>(
    panelSqlQuery(context.project, query.query, parameters, range),
  );
  const series = sqlSeries(answer, query.legend, window.to);
  const table = panel.kind === "table" ? sqlTable(answer) : null;
  return { ...NOTHING, series, table, isCut: answer.is_cut };
}

/** What the statement's `{name:Type}` are bound to: variables, and the distance of points in seconds. */
export function sqlParameters(
  statement: string,
  context: Pick<PanelContext, "values" | "options">,
  window: { step: number },
): SqlParameters {
  const parameters: Record<string, string | readonly string[]> = {};
  for (const [, name = "", type = ""] of statement.matchAll(/\{\s*(\w+)\s*:\s*(\w+)/g)) {
    if (name === "interval_s") parameters[name] = String(Math.round(window.step / 1000));
    else parameters[name] = boundValue(name, type, context);
  }
  return parameters;
}

function boundValue(
  name: string,
  type: string,
  context: Pick<PanelContext, "values" | "options">,
): string | readonly string[] {
  const chosen = context.values[name];
  if (chosen === undefined) throw new InterpolationError(`there is no variable \`${name}\``);
  const isAll = chosen.length === 0 || chosen.includes(ALL);
  if (type === "Array") return isAll ? (context.options[name] ?? []) : chosen;
  if (isAll || chosen.length > 1)
    throw new InterpolationError(`\`${name}\` has several values: bind it as {${name}:Array(String)}`);
  return chosen[0] as string;
}
