import { describe, expect, it } from "vitest";
import type { Matcher } from "../api/alerting";
import { matchersText, matchesAll, parseMatchers } from "./matchers";

const matcher = (name: string, op: Matcher["op"], value: string): Matcher => ({ name, op, value });

describe("matchesAll", () => {
  const labels = { alertname: "Slow", model: "gpt-5" };
  it.each([
    [[matcher("alertname", "=", "Slow")], true],
    [[matcher("alertname", "!=", "Slow")], false],
    [[matcher("model", "=~", "gpt")], false],
    [[matcher("model", "=~", "gpt.*")], true],
    [[matcher("model", "!~", "claude.*")], true],
    [[matcher("team", "=", "")], true],
    [[matcher("alertname", "=", "Slow"), matcher("team", "=", "search")], false],
    [[matcher("model", "=~", "(")], false],
  ])("%j is %s", (matchers, expected) => {
    expect(matchesAll(matchers, labels)).toBe(expected);
  });
});

it("writes matchers as amtool does", () => {
  expect(matchersText([matcher("a", "=", 'x"y'), matcher("b", "!~", "z.*")])).toBe('{a="x\\"y",b!~"z.*"}');
});

describe("parseMatchers", () => {
  it.each([
    [[matcher("alertname", "=", "Slow")]],
    [[matcher("a", "=", 'x"y\\z'), matcher("b", "!~", "z.*"), matcher("c", "!=", "")]],
    [[matcher("a", "=", "one, two = {three}")]],
    [[]],
  ])("reads what is written of %j", (matchers) => {
    expect(parseMatchers(matchersText(matchers))).toEqual(matchers);
  });
  it.each(["alertname", '{a="b" c="d"}', "a=b"])("finds none in %s", (text) => {
    expect(parseMatchers(text)).toEqual([]);
  });
});
