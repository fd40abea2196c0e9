import { describe, expect, test } from "vitest";
import { formatBytes, formatCompact, formatCost, formatDuration, formatPercent, formatSpan } from "./format";

describe("durations", () => {
  test.each([
    [null, "–"],
    [0, "0 ms"],
    [0.0005, "500 ns"],
    [0.02, "20 µs"],
    [0.84, "0.84 ms"],
    [9.94, "9.9 ms"],
    [12.4, "12 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [1240, "1.24 s"],
    [12_400, "12.4 s"],
    [59_949, "59.9 s"],
    [59_951, "1m 00s"],
    [125_000, "2m 05s"],
    [3_720_000, "1h 02m"],
    [200_000_000, "2d 7h"],
    [-1500, "-1.50 s"],
  ])("%s ms", (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected);
  });
});

describe("spans of time", () => {
  test.each([
    [0, "0s"],
    [15_000, "15s"],
    [60_000, "1m"],
    [65_000, "1m 05s"],
    [754_000, "12m"],
    [3_600_000, "1h"],
    [3_900_000, "1h 05m"],
    [86_400_000, "1d"],
    [200_000_000, "2d 7h"],
  ])("%s ms", (ms, expected) => {
    expect(formatSpan(ms)).toBe(expected);
  });
});

describe("costs", () => {
  test.each([
    [null, null],
    [0, "$0"],
    [0.00000012, "$1.2e-7"],
    [0.0000123, "$0.000012"],
    [0.000456, "$0.00046"],
    [0.0123, "$0.012"],
    [3.456, "$3.46"],
    [12345.6, "$12,346"],
  ])("%s", (usd, expected) => {
    expect(formatCost(usd)).toBe(expected);
  });
});

test("counts are short", () => {
  expect([0, 999, 1_000, 12_345, 99_960, 123_456, 1_250_000].map(formatCompact)).toEqual([
    "0",
    "999",
    "1.0k",
    "12.3k",
    "100k",
    "123k",
    "1.25M",
  ]);
});

test("shares and sizes", () => {
  expect([0, 0.0123, 0.5].map(formatPercent)).toEqual(["0 %", "1.2 %", "50 %"]);
  expect([512, 12_345, 4_500_000].map(formatBytes)).toEqual(["512 B", "12.3 KB", "4.5 MB"]);
});
