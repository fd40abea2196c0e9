import { expect, it } from "vitest";
import { parseAlertSearch, parseRuleSearch, parseSilenceSearch } from "./search";

it("keeps what a link says and drops what it cannot mean", () => {
  expect(parseAlertSearch({ kind: "firing", text: "slow", project: "x" })).toEqual({
    kind: "firing",
    text: "slow",
  });
  expect(parseAlertSearch({ kind: "loud", text: "" })).toEqual({});
  expect(parseRuleSearch({ text: "Slow", active: "1" })).toEqual({ text: "Slow", active: "1" });
  expect(parseRuleSearch({ active: "yes" })).toEqual({});
  expect(parseSilenceSearch({ matchers: '{a="b"}', ended: "1" })).toEqual({
    matchers: '{a="b"}',
    ended: "1",
  });
});
