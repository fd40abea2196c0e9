import { expect, test } from "vitest";
import { heatGrid } from "./heat";

const WINDOW = { from: 0, to: 120, step: 60 };
const series = (labels: Record<string, string>, values: number[]) => ({
  name: "",
  labels,
  unit: "",
  groupUnit: "ms",
  times: [0, 60],
  values,
});

test("groups of a number are rows by their lower end", () => {
  const grid = heatGrid([series({ duration: "100" }, [1, 2]), series({ duration: "200" }, [3, 0])], WINDOW);
  expect(grid.rows.map((row) => row.low)).toEqual([100, 150, 200]);
  expect(grid.counts).toEqual([
    [1, 0, 3],
    [2, 0, 0],
  ]);
  expect([grid.most, grid.unit]).toEqual([3, "ms"]);
});

test("what has no number is in no row", () => {
  expect(heatGrid([series({ duration: "" }, [1, 1])], WINDOW).rows).toEqual([]);
});

test("buckets are taken apart, and what is beyond the last is left out", () => {
  const grid = heatGrid(
    [series({ le: "0.5" }, [1, 1]), series({ le: "1" }, [4, 1]), series({ le: "+Inf" }, [9, 1])],
    WINDOW,
  );
  expect(grid.rows).toEqual([
    { low: 0, high: 0.5 },
    { low: 0.5, high: 1 },
  ]);
  expect(grid.counts).toEqual([
    [1, 3],
    [1, 0],
  ]);
});
