import { expect, test } from "vitest";
import type { CostChange } from "../../api/cost";
import { waterfallSteps } from "./waterfall";

test("each bar begins where the one before it ended", () => {
  const change = {
    before_usd: 4,
    after_usd: 8,
    effects: [
      { name: "requests", usd: 6 },
      { name: "price", usd: -2 },
    ],
  } as unknown as CostChange;
  expect(waterfallSteps(change)).toEqual([
    { name: "before", usd: 4, left: 0, width: 0.4 },
    { name: "requests", usd: 6, left: 0.4, width: 0.6 },
    { name: "price", usd: -2, left: 0.8, width: 0.2 },
    { name: "after", usd: 8, left: 0, width: 0.8 },
  ]);
});
