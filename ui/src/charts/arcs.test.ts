import { expect, test } from "vitest";
import { arcPath } from "./arcs";

test("a quarter goes from the top to the right", () => {
  expect(arcPath({ from: 0, to: 0.25, radius: 10, inner: 0 })).toBe("M10 0A10 10 0 0 1 20 10L10 10Z");
});

test("more than half takes the long way round", () => {
  expect(arcPath({ from: 0, to: 0.75, radius: 10, inner: 5 })).toBe(
    "M10 0A10 10 0 1 1 0 10L5 10A5 5 0 1 0 10 5Z",
  );
});
