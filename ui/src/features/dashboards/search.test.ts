import { expect, test } from "vitest";
import { joinValues, parseDashboardSearch, splitValues } from "./search";

test("values with commas and backslashes survive the address", () => {
  for (const values of [["a"], ["a", "b"], ["a,b", "c\\d"], [""], ["", "x"]])
    expect(splitValues(joinValues(values))).toEqual(values);
});

test("variables are kept, and what is none is left out", () => {
  expect(parseDashboardSearch({ from: "now-1h", "var-model": "a,b", "var-1": "x", other: "y" })).toEqual({
    from: "now-1h",
    "var-model": "a,b",
  });
});
