/** What moved, in the words and units of the overview. */

import type { MeasureName, MovedMeasure, Mover } from "../../../api/signals";
import { ABSENT, formatCompact, formatCost, formatDuration, formatPercent } from "../../../base/format";

export function formatMeasure(name: MeasureName, value: number | null): string {
  if (value === null) return ABSENT;
  switch (name) {
    case "cost":
      return formatCost(value);
    case "calls":
    case "tokens":
      return formatCompact(Math.round(value));
    case "errors":
      return formatPercent(value);
    case "latency":
      return formatDuration(value * 1000);
    case "quality":
      return (value * 5).toFixed(2);
  }
}

/** What a group adds to the whole's change, with its sign; shares in percentage points. */
export function formatContribution(name: MeasureName, contribution: number): string {
  const sign = contribution > 0 ? "+" : "−";
  const size = Math.abs(contribution);
  if (name === "errors" || name === "latency") return `${sign}${(size * 100).toFixed(1)} %p`;
  return `${sign}${formatMeasure(name, size)}`;
}

/** More is better of quality alone; of calls neither. */
export function tendency(name: MeasureName, contribution: number): "better" | "worse" | undefined {
  if (name === "calls" || contribution === 0) return undefined;
  return contribution > 0 === (name === "quality") ? "better" : "worse";
}

export function groupText(mover: Mover): string {
  return `${mover.dimension} = ${mover.value}`;
}

/** The measures that groups explain, and those of which none stands out. */
export function split(measures: readonly MovedMeasure[]): {
  moved: readonly MovedMeasure[];
  steady: readonly MovedMeasure[];
} {
  return {
    moved: measures.filter((measure) => measure.movers.length > 0),
    steady: measures.filter((measure) => measure.movers.length === 0 && measure.now !== null),
  };
}
