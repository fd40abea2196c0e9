import { expect, test } from "vitest";
import { stacked } from "./stack";

test("each column stands on those before it", () => {
  expect(
    stacked([
      [1, 2],
      [10, 20],
      [100, 200],
    ]),
  ).toEqual([
    [1, 2],
    [11, 22],
    [111, 222],
  ]);
});

test("what is absent adds nothing, and where all are absent is a gap", () => {
  expect(
    stacked([
      [null, 1, null],
      [null, null, null],
      [3, 4, null],
    ]),
  ).toEqual([
    [0, 1, null],
    [0, 1, null],
    [3, 5, null],
  ]);
});
