import { expect, test } from "vitest";
import { rowOf, rowPosition, stepRows } from "./heatRows";

test("rows go from the lowest to the highest group without a gap", () => {
  expect(stepRows([700, 1500]).map((row) => row.low)).toEqual([700, 1000, 1500]);
  expect(stepRows([0.00015, 0.0005]).map((row) => row.low)).toEqual([0.00015, 0.0002, 0.0003, 0.0005]);
});

test("a group of nothing reaches to the first group of something", () => {
  expect(stepRows([0, 2, 3])).toEqual([
    { low: 0, high: 2 },
    { low: 2, high: 3 },
    { low: 3, high: 5 },
  ]);
  expect(stepRows([])).toEqual([]);
});

test("a value stands within its row", () => {
  const rows = stepRows([1, 3]);
  expect(rowPosition(rows, 1.25)).toBe(0.5);
  expect(rowPosition(rows, 4)).toBe(3.5);
  expect(rowPosition(rows, 99)).toBe(4);
  expect(rowPosition(rows, 0.1)).toBe(0);
});

test("a lower end finds its row in spite of rounding", () => {
  expect(rowOf(stepRows([0.1, 0.3]), 0.30000000001)).toBe(3);
});
