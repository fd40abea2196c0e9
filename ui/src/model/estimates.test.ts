import { expect, test } from "vitest";
import {
  formatDifference,
  formatEstimate,
  formatInterval,
  formatNumber,
  isLopsided,
  placeIn,
  spanOf,
  trendSpan,
} from "./estimates";

test("a number has as many digits as its interval makes meaningful", () => {
  expect(formatEstimate({ value: 0.81234, low: 0.78, high: 0.84 })).toBe("0.812");
  expect(formatEstimate({ value: 0.81234, low: 0.5, high: 1 })).toBe("0.81");
  expect(formatEstimate({ value: 4, low: 3.86, high: 4.14 })).toBe("4.00");
  expect(formatEstimate({ value: 1240.4, low: 1100, high: 1380 })).toBe("1,240");
  expect(formatNumber(null)).toBe("–");
});

test("without an interval a number keeps three digits", () => {
  expect(formatEstimate({ value: 0.81234, low: null, high: null })).toBe("0.8123");
  expect(formatInterval({ value: 0.8, low: null, high: null }, "to")).toBe("");
});

test("an interval is written with both ends", () => {
  expect(formatInterval({ value: 0.81, low: 0.78, high: 0.84 }, "to")).toBe("0.780 to 0.840");
});

test("an interval that reaches much farther to one side is lopsided", () => {
  expect(isLopsided({ value: 1, low: 0.57, high: 1 })).toBe(true);
  expect(isLopsided({ value: 0.85, low: 0.8, high: 0.886 })).toBe(false);
  expect(isLopsided({ value: 1, low: 1, high: 1 })).toBe(false);
  expect(isLopsided({ value: 1, low: null, high: null })).toBe(false);
});

test("a difference has its sign", () => {
  expect(formatDifference({ value: 0.04, low: 0.01, high: 0.07 })).toBe("+0.040");
  expect(formatDifference({ value: -0.1, low: -0.2, high: 0 })).toBe("−0.10");
  expect(formatDifference({ value: 0, low: 0, high: 0 })).toBe("0");
});

test("bars share one span", () => {
  const span = spanOf([
    { value: 0.5, low: 0.4, high: 0.6 },
    { value: 0.9, low: null, high: null },
    { value: null, low: null, high: null },
  ]);
  expect(span).toEqual({ from: 0.4, to: 0.9 });
  expect(placeIn(span, 0.65)).toBeCloseTo(0.5);
  expect(spanOf([])).toEqual({ from: 0, to: 1 });
});

test("a trend's scale is that of its values, whatever one wide interval says", () => {
  const usual = { value: 4, low: 3.5, high: 4.5 };
  expect(trendSpan([{ value: 3, low: -9, high: 15 }, usual, usual])).toEqual({ from: 2.5, to: 4.5 });
  expect(trendSpan([])).toEqual({ from: 0, to: 1 });
});
