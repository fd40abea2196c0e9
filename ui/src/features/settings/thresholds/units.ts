import type { ThresholdName } from "../../../api/overview";

/** In what people write a threshold: the API's number times `factor`. */
export const UNITS: Record<
  ThresholdName,
  { factor: number; word: "seconds" | "times" | "dollars" | "percent" | "ofFive" }
> = {
  latency_p99_seconds: { factor: 1, word: "seconds" },
  error_ratio: { factor: 100, word: "percent" },
  tokens_growth_ratio: { factor: 1, word: "times" },
  cost_growth_ratio: { factor: 1, word: "times" },
  cost_per_hour_usd: { factor: 1, word: "dollars" },
  budget_used_ratio: { factor: 100, word: "percent" },
  quality_mean: { factor: 5, word: "ofFive" },
  cache_hit_ratio: { factor: 100, word: "percent" },
  prompt_cache_ratio: { factor: 100, word: "percent" },
};

/** Without the digits that multiplying leaves behind: 0.07 is 7 percent, not 7.000000000000001. */
export function shown(name: ThresholdName, value: number): number {
  return Number((value * UNITS[name].factor).toPrecision(10));
}

export function stored(name: ThresholdName, written: number): number {
  return Number((written / UNITS[name].factor).toPrecision(10));
}
