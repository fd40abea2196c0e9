import { describe, expect, it } from "vitest";
import type { Matcher } from "../api/alerting";
import { matchersText, matchesAll } from "./matchers";

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
