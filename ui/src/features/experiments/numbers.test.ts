import { expect, test } from "vitest";
import { directionOf, formatDifference, formatP, formatScore } from "./numbers";

test("scores have as many digits as say something", () => {
  expect([0.8333, 1, 12.5, 123.456, 0.0004, null].map(formatScore)).toEqual([
    "0.833",
    "1",
    "12.5",
    "123.5",
    "0",
    "–",
  ]);
});

test("a difference shows its sign", () => {
  expect([0.25, -0.25, 0, 0.0001, null].map(formatDifference)).toEqual(["+0.25", "−0.25", "±0", "±0", "–"]);
  expect([0.25, -0.25, 0, null].map(directionOf)).toEqual(["better", "worse", "same", "same"]);
});

test("small probabilities are told as such", () => {
  expect([0.0004, 0.04].map(formatP)).toEqual(["< 0.001", "0.040"]);
});
