import { describe, expect, it } from "vitest";
import { seriesName, stepOf, unitOf } from "./promql";

describe("stepOf", () => {
  it.each([
    [300_000, 600, 15_000],
    [3_600_000, 600, 15_000],
    [86_400_000, 600, 300_000],
    [30 * 86_400_000, 600, 7_200_000],
  ])("of %i ms in %i points is a round %i ms", (range, points, step) => {
    expect(stepOf(range, points)).toBe(step);
  });
  it("gives no more points than asked for, however long the range", () => {
    const range = 40 * 365 * 86_400_000;
    expect(range / stepOf(range, 600)).toBeLessThanOrEqual(600);
  });
});

describe("unitOf", () => {
  it.each([
    ["histogram_quantile(0.99, sum by (le) (rate(llm_latency_seconds_bucket[5m])))", "seconds"],
    ["rate(llm_latency_seconds_sum[5m]) / rate(llm_latency_seconds_count[5m])", "seconds"],
    ["sum(increase(llm_cost_usd_total[1h]))", "usd"],
    ['sum(rate(llm_requests_total{status="error"}[5m])) / sum(rate(llm_requests_total[5m]))', "share"],
    ['sum(rate(llm_requests_total{model="a/b"}[5m]))', "count"],
    ["sum(rate(llm_tokens_total[5m]))", "count"],
  ])("of %s is %s", (expression, unit) => {
    expect(unitOf(expression)).toBe(unit);
  });
});

describe("seriesName", () => {
  it.each([
    [{}, "{}"],
    [{ __name__: "up" }, "up"],
    [{ __name__: "up", job: 'a "b"\\' }, 'up{job="a \\"b\\"\\\\"}'],
    [{ model: "gpt" }, '{model="gpt"}'],
  ])("of %j is %s", (labels, name) => {
    expect(seriesName(labels)).toBe(name);
  });
});
