import { expect, test } from "vitest";
import {
  changed,
  parseAgreementSearch,
  parseScoreSearch,
  parseSide,
  printSide,
  type ScoresSearch,
} from "./search";

test("a side of an agreement survives the URL, whatever its name holds", () => {
  const side = { name: "a|b 100%", source: "person", author: "김" };
  expect(parseSide(printSide(side))).toEqual(side);
  expect(parseSide("correctness")).toEqual({ name: "correctness", source: "", author: "" });
  expect(parseSide("100%").name).toBe("100%");
});

test("what nobody offers is left out of the search", () => {
  expect(parseScoreSearch({ by: "moon", source: "judge", low: "2", type: "numeric" })).toEqual({
    type: "numeric",
  });
  expect(parseAgreementSearch({ first: "a", match: "trace" })).toEqual({ first: "a", match: "trace" });
});

test("the default range makes no part of a link", () => {
  const before: ScoresSearch = { from: "now-7d", source: "person" };
  expect(changed(before, { from: "now-24h", to: "now" })).toEqual({
    source: "person",
  });
  expect(changed({ source: "person" } as ScoresSearch, { source: null })).toEqual({});
});
