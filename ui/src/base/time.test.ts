import { describe, expect, test } from "vitest";
import { absoluteRange, isRelative, parseNanoTime, resolveRange, resolveTime } from "./time";

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);

describe("times in a range", () => {
  test.each([
    ["now", NOW],
    ["now-15m", NOW - 900_000],
    ["now-24h", NOW - 86_400_000],
    ["2026-11-23T11:00:00Z", NOW - 3_600_000],
    ["yesterday", null],
    ["12", null],
    ["2026-99-99T00:00:00Z", null],
  ])("%s", (text, expected) => {
    expect(resolveTime(text, NOW)).toBe(expected);
  });
});

test("a range that is upside down is no range", () => {
  expect(resolveRange({ from: "now", to: "now-1h" }, NOW)).toBeNull();
});

test("a copied link keeps its moments", () => {
  const range = absoluteRange({ from: "now-1h", to: "now" }, NOW);
  expect(range).toEqual({ from: "2026-11-23T11:00:00.000Z", to: "2026-11-23T12:00:00.000Z" });
  expect(isRelative(range.from)).toBe(false);
});

test("nanoseconds survive as fractions of milliseconds", () => {
  const start = parseNanoTime("2026-11-23T12:00:00.000000500Z");
  const end = parseNanoTime("2026-11-23T12:00:00.001Z");
  expect(end - start).toBeCloseTo(0.9995, 3);
  expect(parseNanoTime("2026-11-23T12:00:00Z")).toBe(NOW);
});
