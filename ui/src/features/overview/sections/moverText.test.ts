import { describe, expect, it } from "vitest";
import { cellFilter } from "./heatmapFilter";
import { formatContribution, formatMeasure, tendency } from "./moverText";

describe("what moved", () => {
  it("is told in the measure's own unit", () => {
    expect(formatMeasure("cost", 4.1)).toBe("$4.10");
    expect(formatMeasure("latency", 1.5)).toBe("1.50 s");
    expect(formatMeasure("quality", 0.7)).toBe("3.50");
    expect(formatMeasure("errors", null)).toBe("–");
    expect(formatContribution("cost", 4.1)).toBe("+$4.10");
    expect(formatContribution("errors", -0.021)).toBe("−2.1 %p");
    expect(formatContribution("latency", 0.3)).toBe("+30.0 %p");
  });

  it("is good or bad by what is wanted", () => {
    expect(tendency("cost", 1)).toBe("worse");
    expect(tendency("quality", 1)).toBe("better");
    expect(tendency("calls", 1)).toBeUndefined();
  });
});

describe("a cell of the heat map", () => {
  it("leads to the traces of its durations", () => {
    expect(cellFilter("traces", { low: 1000, high: 1500 })).toBe("duration>=1000ms duration<1500ms");
    expect(cellFilter("calls", { low: 0.5, high: 1 })).toBe(
      "is_call:true span.duration>=500000ns span.duration<1ms",
    );
  });
});
