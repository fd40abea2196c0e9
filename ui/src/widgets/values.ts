/** An expression's values as people read them, in the unit its metrics are named for. */

import { formatCompact, formatCost, formatDuration, formatPercent } from "../base/format";
import type { Unit } from "../model/promql";

export function formatValue(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  switch (unit) {
    case "seconds":
      return formatDuration(value * 1000);
    case "usd":
      return formatCost(value);
    case "share":
      return Math.abs(value) <= 1 ? formatPercent(value) : formatNumber(value);
    default:
      return formatNumber(value);
  }
}

function formatNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return formatCompact(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
