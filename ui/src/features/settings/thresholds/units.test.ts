import { describe, expect, it } from "vitest";
import { shown, stored } from "./units";

describe("a threshold as people write it", () => {
  it("comes back as the same number", () => {
    for (const value of [0.01, 0.07, 0.29, 0.7]) {
      expect(stored("error_ratio", shown("error_ratio", value))).toBe(value);
      expect(stored("quality_mean", shown("quality_mean", value))).toBe(value);
    }
  });

  it("has no digits that multiplying leaves behind", () => {
    expect(shown("error_ratio", 0.07)).toBe(7);
    expect(shown("quality_mean", 0.7)).toBe(3.5);
  });
});
