/** Numbers of a panel as people read them. */

import { formatBytes, formatCompact, formatCost, formatDuration, formatPercent } from "../../base/format";

/** `unit` is a panel's, or an answer's (`ms`, `USD`, `ratio`, `tokens`, `seconds` ...). */
export function formatUnit(value: number, unit: string, decimals: number | null = null): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (decimals !== null) return fixed(value, unit, decimals);
  switch (unit) {
    case "ms":
      return formatDuration(value);
    case "s":
    case "seconds":
      return formatDuration(value * 1000);
    case "USD":
    case "usd":
      return formatCost(value);
    case "ratio":
    case "share":
      return formatPercent(value);
    case "percent":
      return formatPercent(value / 100);
    case "bytes":
      return formatBytes(value);
    case "per_second":
      return `${plain(value)}/s`;
    case "per_minute":
      return `${plain(value)}/min`;
    default:
      return plain(value);
  }
}

function fixed(value: number, unit: string, decimals: number): string {
  switch (unit) {
    case "ms":
      return `${value.toFixed(decimals)} ms`;
    case "s":
    case "seconds":
      return `${value.toFixed(decimals)} s`;
    case "USD":
    case "usd":
      return `$${value.toFixed(decimals)}`;
    case "ratio":
    case "share":
      return `${(value * 100).toFixed(decimals)} %`;
    case "percent":
      return `${value.toFixed(decimals)} %`;
    case "per_second":
      return `${value.toFixed(decimals)}/s`;
    case "per_minute":
      return `${value.toFixed(decimals)}/min`;
    default:
      return value.toLocaleString("en-US", {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
      });
  }
}

function plain(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return formatCompact(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** The colour of the highest threshold that a value has reached, as CSS; null below all of them. */
export function thresholdColor(
  value: number | null,
  thresholds: readonly { value: number; color: string }[],
): string | null {
  if (value === null) return null;
  const reached = thresholds.filter((one) => value >= one.value);
  const highest = reached.reduce<{ value: number; color: string } | null>(
    (best, one) => (best === null || one.value >= best.value ? one : best),
    null,
  );
  return highest === null ? null : cssOf(highest.color);
}

const WORDS: Readonly<Record<string, string>> = {
  good: "--ok",
  warn: "--warn",
  bad: "--error",
  neutral: "--muted",
};

/** A document's colour as the name of a CSS variable or a colour. */
export function variableOf(color: string): string {
  return WORDS[color] ?? color;
}

export function cssOf(color: string): string {
  const found = variableOf(color);
  return found.startsWith("--") ? `var(${found})` : found;
}
