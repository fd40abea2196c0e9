import { expect, test } from "vitest";
import { isSameSearch, neighbours } from "./listMemory";

test("a trace knows its neighbours in the list", () => {
  const memory = { search: "", traceIds: ["a", "b", "c"] };
  expect(neighbours(memory, "b")).toEqual({ previous: "a", next: "c" });
  expect(neighbours(memory, "a")).toEqual({ next: "b" });
  expect(neighbours(memory, "x")).toEqual({});
  expect(neighbours(null, "a")).toEqual({});
});

test("a search is the same in any order and with any escapes", () => {
  expect(isSameSearch("?project=a&filter=status%3Aerror", "?filter=status:error&project=a")).toBe(true);
  expect(isSameSearch("?filter=a", "?filter=b")).toBe(false);
});
