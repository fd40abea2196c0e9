import type { CostChange, CostEffect } from "../../api/cost";

export type Step = {
  name: CostEffect | "before" | "after";
  usd: number;
  /** Ends of its bar, as parts of the whole width, 0 to 1. */
  left: number;
  width: number;
};

/** The bars of a waterfall: from the cost before, over what raised and lowered it, to the cost after. */
export function waterfallSteps(change: CostChange): Step[] {
  const ends = [0, change.before_usd, change.after_usd];
  let sum = change.before_usd;
  const spans = change.effects.map((effect) => {
    const from = sum;
    sum += effect.usd;
    ends.push(sum);
    return { name: effect.name, usd: effect.usd, from, to: sum };
  });
  const low = Math.min(...ends);
  const width = Math.max(...ends) - low || 1;
  const bars: { name: Step["name"]; usd: number; from: number; to: number }[] = [
    { name: "before", usd: change.before_usd, from: 0, to: change.before_usd },
    ...spans,
    { name: "after", usd: change.after_usd, from: 0, to: change.after_usd },
  ];
  return bars.map(({ name, usd, from, to }) => ({
    name,
    usd,
    left: (Math.min(from, to) - low) / width,
    width: Math.abs(to - from) / width,
  }));
}
