import { describe, expect, it } from "vitest";
import { matchersOf, ownLabels, rangeOf, traceFilterOf, valueExpression } from "./alertLinks";

describe("traceFilterOf", () => {
  it("names the fields that traces have, and quotes what needs it", () => {
    const labels = { alertname: "Slow", service: "rag api", model: "gpt-5", severity: "page", le: "0.5" };
    expect(traceFilterOf(labels)).toBe('span.service:"rag api" model:gpt-5');
  });
  it("says ok where a metric says success", () => {
    expect(traceFilterOf({ status: "success" }, "llm_traces_total > 1")).toBe("status:ok");
  });
  it("asks for failed traces where the expression counts errors", () => {
    const expression = 'rate(llm_requests_total{status="error"}[5m]) > 0';
    expect(traceFilterOf({ service: "rag" }, expression)).toBe("span.service:rag span.status:error");
    expect(traceFilterOf({ status: "error" }, expression)).toBe("span.status:error");
    expect(traceFilterOf({}, 'rate(a{status!="error"}[5m])')).toBe("");
  });
  it("asks for what a budget counts", () => {
    const labels = { budget: "b", scope: "user", value: "ada b" };
    expect(traceFilterOf(labels)).toBe('user_id:"ada b"');
    expect(traceFilterOf({ ...labels, scope: "project", value: "" })).toBe("");
    expect(traceFilterOf({ scope: "team", value: "x" })).toBe("");
  });
  it("leaves out labels without a value", () => {
    expect(traceFilterOf({ team: "", feature: "search" })).toBe("span.feature:search");
  });
});

describe("valueExpression", () => {
  it.each([
    ["sum(rate(a[5m])) > 0.05", "sum(rate(a[5m]))"],
    ["a / b >= 1e-3", "a / b"],
    ["a != bool 0", "a"],
    ["a < b", "a < b"],
    ["(a > 1)", "(a > 1)"],
    ["a == 3", "a"],
    ['a{b=">5"} > 10', 'a{b=">5"}'],
    ["absent(up)", "absent(up)"],
  ])("of %s is %s", (expression, value) => {
    expect(valueExpression(expression)).toBe(value);
  });
});

describe("an alert's labels", () => {
  const labels = { alertname: "Slow", project: "default", model: "m" };
  it("become matchers, without the project that every alert has", () => {
    expect(matchersOf(labels)).toEqual([
      { name: "alertname", op: "=", value: "Slow" },
      { name: "model", op: "=", value: "m" },
    ]);
  });
  it("are its own without those of the rule", () => {
    expect(ownLabels(labels)).toEqual([["model", "m"]]);
  });
});

describe("rangeOf", () => {
  it("shows the hour before", () => {
    expect(rangeOf("2026-01-01T10:00:00Z", null)).toEqual({ from: "2026-01-01T09:00:00.000Z", to: "now" });
  });
  it("ends an hour after the end", () => {
    expect(rangeOf("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z").to).toBe("2026-01-01T12:00:00.000Z");
  });
});
