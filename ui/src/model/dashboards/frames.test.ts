import { expect, test } from "vitest";
import {
  type AggregateAnswer,
  aggregateSeries,
  legendOf,
  reduceValues,
  seriesTable,
  sqlSeries,
  windowOfPoints,
  withZeros,
} from "./frames";

const ANSWER: AggregateAnswer = {
  interval_ms: 60_000,
  columns: [
    { name: "model", type: "group", unit: null },
    { name: "time", type: "time", unit: null },
    { name: "count()", type: "number", unit: null },
    { name: "p95(duration)", type: "number", unit: "ms" },
  ],
  rows: [
    ["a", "2026-11-24T00:00:00.000000000Z", 2, 10],
    ["a", "2026-11-24T00:01:00.000000000Z", 3, null],
    ["", "2026-11-24T00:00:00.000000000Z", 1, 5],
  ],
  is_cut: false,
};

test("each group and measure is a series; what was not measured is no point", () => {
  const series = aggregateSeries(ANSWER, "", 0);
  expect(series.map((one) => [one.name, one.unit, one.values])).toEqual([
    ["a count()", "", [2, 3]],
    ["a p95(duration)", "ms", [10]],
    ["– count()", "", [1]],
    ["– p95(duration)", "ms", [5]],
  ]);
});

test("counts are zero where nothing was, and percentiles are absent", () => {
  const window = { from: Date.UTC(2026, 10, 23, 23, 59), to: Date.UTC(2026, 10, 24, 0, 2), step: 60_000 };
  const counts = {
    ...ANSWER,
    columns: ANSWER.columns.slice(0, 3),
    rows: ANSWER.rows.map((row) => row.slice(0, 3)),
  };
  const filled = withZeros(counts, aggregateSeries(counts, "", 0), window);
  expect(filled.map((one) => one.values)).toEqual([
    [0, 2, 3],
    [0, 1, 0],
  ]);
  expect(withZeros(ANSWER, aggregateSeries(ANSWER, "", 0), window)[1]?.values).toEqual([10]);
});

test("a legend is made of labels", () => {
  expect(legendOf("{{ model }} in {{env}}", { model: "m", env: "p" }, "x")).toBe("m in p");
  expect(legendOf("{{nothing}}", {}, "x")).toBe("x");
  expect(legendOf("", { model: "m" }, "x")).toBe("x");
});

test("one number of a course leaves out what is no number", () => {
  const values = [1, Number.NaN, 4, 1];
  expect(reduceValues(values, "mean")).toBe(2);
  expect(reduceValues(values, "last")).toBe(1);
  expect(reduceValues(values, "max")).toBe(4);
  expect(reduceValues([Number.NaN], "sum")).toBeNull();
});

test("rows of SQL become series by their time and texts, in order", () => {
  const series = sqlSeries(
    {
      columns: [
        { name: "t", type: "DateTime64(3, 'UTC')" },
        { name: "model", type: "LowCardinality(String)" },
        { name: "n", type: "UInt64" },
      ],
      rows: [
        ["2026-11-24 00:01:00.000", "a", "7"],
        ["2026-11-24 00:00:00.000", "a", "5"],
      ],
      is_cut: false,
    },
    "",
    0,
  );
  expect(series).toHaveLength(1);
  expect(series[0]).toMatchObject({ name: "a", values: [5, 7] });
  expect(series[0]?.times[0]).toBe(Date.UTC(2026, 10, 24));
});

test("points of SQL are drawn at the distance that they have", () => {
  const window = { from: 300_000, to: 3_600_000, step: 300_000 };
  const series = (times: number[]) => ({ name: "", labels: {}, unit: "", times, values: times });
  expect(windowOfPoints([series([600_000, 1_200_000, 2_400_000])], window)).toEqual({
    from: 0,
    to: 3_600_000,
    step: 600_000,
  });
  expect(windowOfPoints([series([600_000])], window)).toBe(window);
});

test("series as a table have a column for each label", () => {
  const series = [{ name: "x", labels: { job: "a" }, unit: "s", times: [0, 1], values: [1, 3] }];
  expect(seriesTable(series, "last")).toEqual({
    columns: [
      { name: "job", isNumber: false, unit: "" },
      { name: "", isNumber: true, unit: "s" },
    ],
    rows: [["a", 3]],
  });
});
