/** What queries answer, whichever language they are in: named series over time, or a table. */

import type { Reduction } from "./document";

export type Series = {
  name: string;
  /** What tells it from others: labels or groups. */
  labels: Readonly<Record<string, string>>;
  unit: string;
  /** Of the number that it is a group of. */
  groupUnit?: string;
  times: readonly number[];
  values: readonly number[];
};

export type Cell = string | number | boolean | null;
export type TableColumn = { name: string; isNumber: boolean; unit: string };
export type TableFrame = { columns: readonly TableColumn[]; rows: readonly (readonly Cell[])[] };

/** One number of a course; null where it has none. */
export function reduceValues(values: readonly number[], how: Reduction): number | null {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length === 0) return null;
  const sum = () => known.reduce((total, value) => total + value, 0);
  switch (how) {
    case "last":
      return known.at(-1) as number;
    case "mean":
      return sum() / known.length;
    case "min":
      return known.reduce((least, value) => Math.min(least, value));
    case "max":
      return known.reduce((most, value) => Math.max(most, value));
    case "sum":
      return sum();
  }
}

/** More points than this are none that a screen could show. */
const POINTS_MAX = 5_000;

/** With the distance that the points have by themselves, as those of SQL: the shortest that there is. */
export function windowOfPoints(
  series: readonly Series[],
  window: { from: number; to: number; step: number },
): { from: number; to: number; step: number } {
  let step = Number.POSITIVE_INFINITY;
  for (const { times } of series)
    for (let at = 1; at < times.length; at += 1) {
      const distance = (times[at] as number) - (times[at - 1] as number);
      if (distance > 0) step = Math.min(step, distance);
    }
  if (!Number.isFinite(step)) return window;
  const coarse = Math.max(step, (window.to - window.from) / POINTS_MAX);
  return { from: Math.floor(window.from / coarse) * coarse, to: window.to, step: coarse };
}

/** `{{label}}` filled in; what has no such label is empty. Without a template, `fallback`. */
export function legendOf(
  template: string,
  labels: Readonly<Record<string, string>>,
  fallback: string,
): string {
  if (template.trim() === "") return fallback;
  const text = template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_whole, name: string) => labels[name] ?? "");
  return text.trim() === "" ? fallback : text;
}

/** Answers of `GET /aggregate`. */
export type AggregateAnswer = {
  interval_ms: number | null;
  columns: { name: string; type: "group" | "step" | "time" | "number"; unit: string | null }[];
  rows: Cell[][];
  is_cut: boolean;
};

/** Where nothing was, there was none of it. */
const IS_COUNT = /^(?:count|uniq|sum)\(/;

/** Courses of counts and sums with a zero in each interval that was left out of the answer. */
export function withZeros(
  answer: AggregateAnswer,
  series: readonly Series[],
  window: { from: number; to: number; step: number },
): Series[] {
  const measures = answer.columns.filter((column) => column.type === "number");
  return series.map((one) => {
    if (!measures.every((measure) => IS_COUNT.test(measure.name)) || one.times.length === 0) return one;
    const known = new Map(one.times.map((time, at) => [time, one.values[at] ?? 0]));
    const times: number[] = [];
    for (let time = window.from; time < window.to; time += window.step) times.push(time);
    return { ...one, times, values: times.map((time) => known.get(time) ?? 0) };
  });
}

/** A series for each group and measure, over time or of one value at `end`. */
export function aggregateSeries(answer: AggregateAnswer, legend: string, end: number): Series[] {
  const time = answer.columns.findIndex((column) => column.type === "time");
  const groups = answer.columns.flatMap((column, at) => (isGroup(column.type) ? [at] : []));
  const measures = answer.columns.flatMap((column, at) => (column.type === "number" ? [at] : []));
  const found = new Map<string, { series: Series; times: number[]; values: number[] }>();
  for (const row of answer.rows) {
    for (const measure of measures) {
      const key = JSON.stringify([measure, ...groups.map((at) => row[at])]);
      let entry = found.get(key);
      if (entry === undefined) {
        entry = newEntry(answer, row, groups, measure, measures.length, legend);
        found.set(key, entry);
      }
      const value = row[measure];
      if (typeof value !== "number") continue;
      entry.times.push(time < 0 ? end : Date.parse(String(row[time])));
      entry.values.push(value);
    }
  }
  return [...found.values()].map((entry) => entry.series);
}

function isGroup(type: string): boolean {
  return type === "group" || type === "step";
}

function newEntry(
  answer: AggregateAnswer,
  row: readonly Cell[],
  groups: readonly number[],
  measure: number,
  measures: number,
  legend: string,
) {
  const labels = Object.fromEntries(
    groups.map((at) => [answer.columns[at]?.name ?? "", String(row[at] ?? "")]),
  );
  const column = answer.columns[measure];
  const own = Object.values(labels)
    .map((value) => (value === "" ? "–" : value))
    .join(" · ");
  const base = legendOf(legend, labels, own || (column?.name ?? ""));
  const name = measures > 1 && own !== "" ? `${base} ${column?.name}` : base;
  const times: number[] = [];
  const values: number[] = [];
  const groupUnit = groups.map((at) => answer.columns[at]?.unit ?? "").find((unit) => unit !== "") ?? "";
  return { series: { name, labels, unit: column?.unit ?? "", groupUnit, times, values }, times, values };
}

export function aggregateTable(answer: AggregateAnswer): TableFrame {
  const columns = answer.columns.map((column) => ({
    name: column.name,
    isNumber: column.type === "number" || column.type === "step",
    unit: column.unit ?? "",
  }));
  return { columns, rows: answer.rows };
}

/** Series of one value each as a table: a column for each label that tells them apart, and the value. */
export function seriesTable(series: readonly Series[], how: Reduction): TableFrame {
  const names = [...new Set(series.flatMap((one) => Object.keys(one.labels)))].filter(
    (name) => name !== "__name__",
  );
  return {
    columns: [
      ...names.map((name) => ({ name, isNumber: false, unit: "" })),
      { name: "", isNumber: true, unit: series[0]?.unit ?? "" },
    ],
    rows: series.map((one) => [
      ...names.map((name) => one.labels[name] ?? ""),
      reduceValues(one.values, how),
    ]),
  };
}

/** Answers of `POST /sql`. */
export type SqlAnswer = { columns: { name: string; type: string }[]; rows: Cell[][]; is_cut: boolean };

const TIME_TYPE = /^(?:Nullable\()?Date/;
const NUMBER_TYPE = /^(?:Nullable\()?(?:U?Int|Float|Decimal)/;

/** Rows of SQL by time: the first column of time is the x axis, texts tell series apart, numbers are values. */
export function sqlSeries(answer: SqlAnswer, legend: string, end: number): Series[] {
  const types = answer.columns.map((column) => column.type);
  const time = types.findIndex((type) => TIME_TYPE.test(type));
  const isNumber = (at: number) => NUMBER_TYPE.test(types[at] ?? "");
  const measures = answer.columns.flatMap((_, at) => (isNumber(at) ? [at] : []));
  const groups = answer.columns.flatMap((_, at) => (at !== time && !isNumber(at) ? [at] : []));
  const shaped: AggregateAnswer = {
    interval_ms: null,
    is_cut: answer.is_cut,
    columns: answer.columns.map((column, at) => ({
      name: column.name,
      type: at === time ? "time" : measures.includes(at) ? "number" : groups.includes(at) ? "group" : "group",
      unit: null,
    })),
    rows: answer.rows.map((row) =>
      row.map((cell, at) => {
        if (at === time) return timeText(cell);
        return measures.includes(at) && typeof cell === "string" ? Number(cell) : cell;
      }),
    ),
  };
  return sorted(aggregateSeries(shaped, legend, end));
}

/** ClickHouse's times, which name no zone, are UTC. */
function timeText(cell: Cell | undefined): string {
  const text = String(cell ?? "");
  return /[Zz]|[+-]\d\d:\d\d$/.test(text)
    ? text
    : `${text.replace(" ", "T")}${text.length > 10 ? "Z" : "T00:00:00Z"}`;
}

function sorted(series: readonly Series[]): Series[] {
  return series.map((one) => {
    const order = one.times.map((_, at) => at).sort((a, b) => (one.times[a] ?? 0) - (one.times[b] ?? 0));
    return {
      ...one,
      times: order.map((at) => one.times[at] as number),
      values: order.map((at) => one.values[at] as number),
    };
  });
}

export function sqlTable(answer: SqlAnswer): TableFrame {
  const columns = answer.columns.map((column) => ({
    name: column.name,
    isNumber: NUMBER_TYPE.test(column.type),
    unit: "",
  }));
  const rows = answer.rows.map((row) =>
    row.map((cell, at) => (columns[at]?.isNumber && typeof cell === "string" ? Number(cell) : cell)),
  );
  return { columns, rows };
}
