import { describe, expect, it } from "vitest";
import { formatChange, formatIndicator, formatRatio, joinedFilter } from "./indicatorText";

describe("an indicator's numbers", () => {
  it("are in the unit that people know", () => {
    expect(formatIndicator("latency", 5.234)).toBe("5.23 s");
    expect(formatIndicator("errors", 0.0123)).toBe("1.2 %");
    expect(formatIndicator("quality", 0.7)).toBe("3.50");
    expect(formatIndicator("cost", null)).toBe("–");
  });

  it("tell changes of shares in percentage points and all others relatively too", () => {
    expect(formatChange("errors", 0.021)).toBe("+2.1 %p");
    expect(formatChange("quality", -0.1)).toBe("−0.50");
    expect(formatRatio(-0.254)).toBe("−25 %");
    expect(formatRatio(null)).toBe("–");
  });

  it("keep an `or` of the reader's filter together", () => {
    expect(joinedFilter("service:a or service:b", "llm_calls>0")).toBe(
      "(service:a or service:b) llm_calls>0",
    );
    expect(joinedFilter("", "llm_calls>0")).toBe("llm_calls>0");
  });
});
