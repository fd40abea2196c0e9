/** Series as the cells of a heat map: groups of a number by its steps, or PromQL's buckets by `le`. */

import { type HeatRow, rowOf, stepRows } from "../../charts/heatRows";
import type { Series } from "./frames";

export type HeatGrid = {
  x: number[];
  rows: HeatRow[];
  /** By column, then by row. */
  counts: number[][];
  most: number;
  unit: string;
};

type Window = { from: number; to: number; step: number };

export function heatGrid(series: readonly Series[], window: Window): HeatGrid {
  const x: number[] = [];
  for (let time = window.from; time < window.to; time += window.step) x.push(time);
  const layers = series.some((one) => one.labels.le !== undefined) ? byBucket(series) : byStep(series);
  const counts = x.map(() => layers.rows.map(() => 0));
  let most = 0;
  for (const { row, times, values } of layers.cells) {
    times.forEach((time, at) => {
      const column = counts[Math.round((time - window.from) / window.step)];
      const value = values[at] ?? 0;
      if (column === undefined || row < 0 || !(value > 0)) return;
      column[row] = (column[row] ?? 0) + value;
      most = Math.max(most, column[row] ?? 0);
    });
  }
  return { x, rows: layers.rows, counts, most, unit: layers.unit };
}

type Layers = {
  rows: HeatRow[];
  cells: { row: number; times: readonly number[]; values: readonly number[] }[];
  unit: string;
};

/** A group's name is the lower end of its step. What has no number is in no row. */
function byStep(series: readonly Series[]): Layers {
  const lowOf = (one: Series) => {
    const text = Object.values(one.labels).find((value) => value !== "" && Number.isFinite(Number(value)));
    return text === undefined ? Number.NaN : Number(text);
  };
  const rows = stepRows(series.map(lowOf).filter((low) => Number.isFinite(low)));
  const cells = series.map((one) => ({ row: rowOf(rows, lowOf(one)), times: one.times, values: one.values }));
  return { rows, cells, unit: series[0]?.groupUnit ?? "" };
}

/** Buckets hold all that is not above their end: each row is what its bucket has more than the one below. */
function byBucket(series: readonly Series[]): Layers {
  const ends = [...new Set(series.map((one) => one.labels.le ?? ""))]
    .filter((le) => le !== "" && le !== "+Inf")
    .map(Number)
    .sort((one, other) => one - other);
  const rows = ends.map((high, at) => ({ low: ends[at - 1] ?? 0, high }));
  const sums = new Map<number, Map<number, number>>();
  for (const one of series) {
    const end = one.labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(one.labels.le);
    one.times.forEach((time, at) => {
      const column = sums.get(time) ?? new Map<number, number>();
      column.set(end, (column.get(end) ?? 0) + (one.values[at] ?? 0));
      sums.set(time, column);
    });
  }
  const times = [...sums.keys()].sort((one, other) => one - other);
  const cells = ends.map((end, row) => ({
    row,
    times,
    values: times.map((time) => {
      const column = sums.get(time);
      return (column?.get(end) ?? 0) - (column?.get(ends[row - 1] ?? Number.NaN) ?? 0);
    }),
  }));
  return { rows, cells, unit: "s" };
}
