/** Estimates with their intervals, as people read them. */

export type Interval = { value: number | null; low: number | null; high: number | null };

/** Enough digits to see the interval and no more: 0.812, 4.1, 1,240. */
export function formatNumber(value: number | null, width: number | null = null): string {
  if (value === null) return "–";
  const size = width !== null && width > 0 ? width : Math.abs(value) / 100;
  const digits = size > 0 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(size)))) : 2;
  const least = width !== null && width > 0 ? digits : 0;
  return value.toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: digits });
}

/** Half of the interval's width; null where there is no interval. */
export function halfWidth(estimate: Interval): number | null {
  return estimate.low === null || estimate.high === null ? null : (estimate.high - estimate.low) / 2;
}

/** Whether its ends lie so differently far off that one ± would be wrong: five of five are 57 to 100 %. */
export function isLopsided(estimate: Interval): boolean {
  const width = halfWidth(estimate);
  if (width === null || estimate.value === null || estimate.low === null || estimate.high === null)
    return false;
  return Math.abs((estimate.low + estimate.high) / 2 - estimate.value) > width / 4;
}

/** "0.81", as exactly as its interval allows. */
export function formatEstimate(estimate: Interval): string {
  return formatNumber(estimate.value, halfWidth(estimate));
}

/** "0.78 to 0.84"; empty without an interval. */
export function formatInterval(estimate: Interval, to: string): string {
  const width = halfWidth(estimate);
  if (width === null) return "";
  return `${formatNumber(estimate.low, width)} ${to} ${formatNumber(estimate.high, width)}`;
}

/** "+0.04", "−0.1", "0". */
export function formatDifference(difference: Interval): string {
  const { value } = difference;
  if (value === null) return "–";
  const text = formatNumber(Math.abs(value), halfWidth(difference));
  if (text === "0" || value === 0) return "0";
  return `${value > 0 ? "+" : "−"}${text}`;
}

/** The least and the greatest end of all, a little apart where they are one. */
export function spanOf(estimates: readonly Interval[]): { from: number; to: number } {
  const ends = estimates.flatMap(({ value, low, high }) => [low ?? value, high ?? value]);
  const known = ends.filter((end): end is number => end !== null);
  if (known.length === 0) return { from: 0, to: 1 };
  const from = Math.min(...known);
  const to = Math.max(...known);
  return from === to ? { from: from - 0.5, to: to + 0.5 } : { from, to };
}

/** What a trend is drawn in: its values with room for a usual interval, so that one of two scores flattens nothing. */
export function trendSpan(estimates: readonly Interval[]): { from: number; to: number } {
  const widths = estimates.map(halfWidth).filter((width) => width !== null);
  const usual = widths.sort((a, b) => a - b)[Math.floor(widths.length / 2)] ?? 0;
  const { from, to } = spanOf(estimates.map(({ value }) => ({ value, low: null, high: null })));
  const room = estimates.length < 2 ? 0 : usual;
  return { from: from - room, to: to + room };
}

/** Where it lies in the span, 0 to 1. */
export function placeIn(span: { from: number; to: number }, value: number): number {
  return Math.min(1, Math.max(0, (value - span.from) / (span.to - span.from)));
}
