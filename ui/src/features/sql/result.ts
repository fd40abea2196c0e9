/** What a result's columns are, how its values read, and what a chart can make of them. */

import type { SqlColumn, SqlResult, SqlValue } from "../../api/sql";

export type ValueKind = "number" | "time" | "text" | "other";

/** Of ClickHouse's type. */
export function kindOf(type: string): ValueKind {
  const plain = type
    .replace(/^(?:Nullable|LowCardinality)\((.*)\)$/, "$1")
    .replace(/^Nullable\((.*)\)$/, "$1");
  if (/^(?:U?Int|Float|Decimal|BFloat)/.test(plain)) return "number";
  if (/^Date/.test(plain)) return "time";
  if (/^(?:String|FixedString|Enum|UUID|IPv|Bool)/.test(plain)) return "text";
  return "other";
}

/** As a cell shows it; null is told apart by the cell itself. */
export function textOf(value: SqlValue | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function numberOf(value: SqlValue | undefined): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
}

export function timeOf(value: SqlValue | undefined): number | null {
  if (typeof value !== "string") return null;
  const parsed = Date.parse(value.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(parsed) ? null : parsed;
}

export type Sort = { column: number; isDescending: boolean } | null;

/** Row numbers in the order to show; absent values last. */
export function sortedRows(result: SqlResult, sort: Sort): number[] {
  const order = result.rows.map((_, row) => row);
  const column = sort === null ? undefined : result.columns[sort.column];
  if (sort === null || column === undefined) return order;
  const isNumber = kindOf(column.type) === "number";
  const sign = sort.isDescending ? -1 : 1;
  return order.sort((left, right) => {
    const [a, b] = [result.rows[left]?.[sort.column], result.rows[right]?.[sort.column]];
    if (a === null || b === null) return a === b ? left - right : a === null ? 1 : -1;
    const compared = isNumber
      ? (numberOf(a) ?? 0) - (numberOf(b) ?? 0)
      : textOf(a) < textOf(b)
        ? -1
        : textOf(a) > textOf(b)
          ? 1
          : 0;
    return compared === 0 ? left - right : sign * compared;
  });
}

const SAMPLED_ROWS = 200;

/** Widths of columns in characters, by their names and first values. */
export function columnWidths(result: SqlResult): number[] {
  return result.columns.map((column, position) => {
    const longest = result.rows
      .slice(0, SAMPLED_ROWS)
      .reduce((most, row) => Math.max(most, textOf(row[position]).length), 4);
    return Math.min(60, Math.max(longest, column.name.length + 3, 6));
  });
}

export type PlottedSeries = { name: string; times: number[]; values: number[] };

export type Plot =
  | { kind: "time"; series: PlottedSeries[]; from: number; to: number; step: number }
  | { kind: "groups"; groups: { name: string; value: number }[]; measure: string };

const SERIES_MAX = 30;
const GROUPS_MAX = 50;
const LABELS_MAX = 50;
const LABEL_CHARS_MAX = 120;

/** The first time is the x axis, texts tell series apart, numbers are drawn. Null where nothing can be. */
export function plotOf(result: SqlResult): Plot | null {
  const places = (kind: ValueKind) =>
    result.columns.flatMap((column, place) => (kindOf(column.type) === kind ? [place] : []));
  const numbers = places("number");
  const [time] = places("time");
  if (numbers.length === 0 || result.rows.length === 0) return null;
  const texts = places("text").filter((place) => isLabel(result, place));
  if (time !== undefined) return overTime(result, time, texts, numbers);
  const [measure] = numbers;
  const labels = texts.length > 0 ? texts : places("text").slice(0, 1);
  return measure === undefined ? null : byGroup(result, labels, measure);
}

/** Few different values, and short ones: not the ids and payloads of single rows. */
function isLabel(result: SqlResult, place: number): boolean {
  const values = new Set(result.rows.map((row) => textOf(row[place])));
  return values.size <= LABELS_MAX && [...values].every((value) => value.length <= LABEL_CHARS_MAX);
}

function overTime(result: SqlResult, time: number, texts: number[], numbers: number[]): Plot | null {
  const series = new Map<string, PlottedSeries>();
  const times = new Set<number>();
  for (const row of result.rows) {
    const at = timeOf(row[time]);
    if (at === null) continue;
    for (const number of numbers) {
      const value = numberOf(row[number]);
      const name = seriesName(result.columns, row, texts, number, numbers.length > 1);
      const known = series.get(name) ?? { name, times: [], values: [] };
      if (!series.has(name) && series.size >= SERIES_MAX) continue;
      series.set(name, known);
      times.add(at);
      if (value === null) continue;
      known.times.push(at);
      known.values.push(value);
    }
  }
  const ordered = [...times].sort((a, b) => a - b);
  const [from, to] = [ordered[0], ordered.at(-1)];
  if (from === undefined || to === undefined) return null;
  return { kind: "time", series: [...series.values()], from, to, step: stepOf(ordered) };
}

/** The smallest distance, but no more points than a screen has. */
function stepOf(ordered: readonly number[]): number {
  const [from, to] = [ordered[0] ?? 0, ordered.at(-1) ?? 0];
  const gaps = ordered.slice(1).map((time, position) => time - (ordered[position] ?? 0));
  return Math.max(1, Math.min(...gaps, to - from || 1), (to - from) / 5000);
}

function seriesName(
  columns: readonly SqlColumn[],
  row: readonly SqlValue[],
  texts: readonly number[],
  number: number,
  isNamed: boolean,
): string {
  const groups = texts.map((place) => textOf(row[place]) || "–");
  const measure = columns[number]?.name ?? "";
  return [...groups, ...(isNamed || groups.length === 0 ? [measure] : [])].join(" · ");
}

function byGroup(result: SqlResult, labels: number[], measure: number): Plot {
  const groups = result.rows.slice(0, GROUPS_MAX).flatMap((row, number) => {
    const value = numberOf(row[measure]);
    const name = labels.map((place) => textOf(row[place]) || "–").join(" · ");
    return value === null ? [] : [{ name: name === "" ? String(number + 1) : name, value }];
  });
  return { kind: "groups", groups, measure: result.columns[measure]?.name ?? "" };
}

/** The link that a cell stands for. */
export function traceOf(column: SqlColumn | undefined, value: SqlValue | undefined): string | null {
  const isId = column !== undefined && /(?:^|\.)trace_id$/.test(column.name);
  return isId && typeof value === "string" && /^[\w-]{1,128}$/.test(value) ? value : null;
}
