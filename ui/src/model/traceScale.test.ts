import { describe, expect, it } from "vitest";
import { barOf, ticksOf } from "./traceScale";
import { costState, tokenShares } from "./traceUsage";

describe("the waterfall's axis", () => {
  it("places a bar and its first token in percent", () => {
    expect(barOf({ startMs: 250, durationMs: 500, ttftMs: 100 }, 1000)).toEqual({
      left: 25,
      width: 50,
      firstToken: 35,
    });
  });

  it("keeps bars inside, fills the axis of a trace without duration, and drops an impossible first token", () => {
    expect(barOf({ startMs: 900, durationMs: 500, ttftMs: 600 }, 1000)).toEqual({
      left: 90,
      width: 10,
      firstToken: null,
    });
    expect(barOf({ startMs: 0, durationMs: 0, ttftMs: null }, 0)).toEqual({
      left: 0,
      width: 100,
      firstToken: null,
    });
  });

  it.each([
    [1000, 5, [0, 200, 400, 600, 800, 1000]],
    [0.02, 4, [0, 0.005, 0.01, 0.015, 0.02]],
    [90_000, 4, [0, 60_000]],
    [3 * 3_600_000, 4, [0, 3_600_000, 7_200_000, 10_800_000]],
    [0, 5, [0]],
    [Number.NaN, 5, [0]],
  ])("draws round ticks for %d ms", (total, most, expected) => {
    expect(ticksOf(total, most).map((tick) => Number(tick.toPrecision(6)))).toEqual(expected);
  });

  it("never draws more steps than asked for", () => {
    for (let total = 0.001; total < 1e9; total *= 1.7)
      expect(ticksOf(total, 6).length).toBeLessThanOrEqual(7);
  });
});

describe("usage by class", () => {
  const usage = {
    input_tokens: 100,
    output_tokens: 50,
    cache_read_tokens: 60,
    cache_write_tokens: 10,
    reasoning_tokens: 20,
  };

  it("counts every token once", () => {
    expect(tokenShares(usage).map(({ tokenClass, tokens }) => [tokenClass, tokens])).toEqual([
      ["uncached", 30],
      ["cache_read", 60],
      ["cache_write", 10],
      ["output", 30],
      ["reasoning", 20],
    ]);
    expect(tokenShares(usage).reduce((sum, each) => sum + each.share, 0)).toBeCloseTo(1);
  });

  it("never shows a negative class where a sender contradicts itself", () => {
    expect(
      tokenShares({ ...usage, input_tokens: 5, reasoning_tokens: 90 }).every((each) => each.tokens > 0),
    ).toBe(true);
  });

  it.each([
    ["priced", { is_billable: true, cost_usd: 0.1 }],
    ["unpriced", { is_billable: true, cost_usd: null }],
    ["repeated", { is_billable: false, cost_usd: null }],
  ] as const)("says %s", (state, extra) => {
    expect(costState({ ...usage, ...extra })).toBe(state);
  });

  it("says nothing of a span that is no model call", () => {
    const none = {
      input_tokens: null,
      output_tokens: null,
      cache_read_tokens: null,
      cache_write_tokens: null,
    };
    expect(costState({ ...none, reasoning_tokens: null, is_billable: false, cost_usd: null })).toBe("none");
  });
});
