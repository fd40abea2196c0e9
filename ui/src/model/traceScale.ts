/** The waterfall's time axis: milliseconds to percent of its width. */

export interface Bar {
  /** Percent of the axis. */
  readonly left: number;
  readonly width: number;
  /** Percent of the axis where the first token came; null where unknown or outside the bar. */
  readonly firstToken: number | null;
}

export interface BarSource {
  readonly startMs: number;
  readonly durationMs: number;
  readonly ttftMs: number | null;
}

export function barOf(source: BarSource, totalMs: number): Bar {
  if (totalMs <= 0) return { left: 0, width: 100, firstToken: null };
  const percent = (milliseconds: number): number =>
    Math.min(100, Math.max(0, (milliseconds / totalMs) * 100));
  const left = percent(source.startMs);
  const { ttftMs } = source;
  const hasTick = ttftMs !== null && ttftMs > 0 && ttftMs <= source.durationMs;
  return {
    left,
    width: percent(source.startMs + source.durationMs) - left,
    firstToken: hasTick ? percent(source.startMs + ttftMs) : null,
  };
}

/** Round times (1, 2 or 5 times a power of ten; from a minute on whole minutes) from 0, at most `most` steps. */
export function ticksOf(totalMs: number, most: number): number[] {
  if (!(totalMs > 0) || most < 1) return [0];
  const step = tickStep(totalMs / most);
  const ticks: number[] = [];
  for (let count = 0; count * step <= totalMs; count++) ticks.push(count * step);
  return ticks;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const CLOCK_STEPS = [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR];

function tickStep(atLeastMs: number): number {
  if (atLeastMs > HOUR) return HOUR * decimalStep(atLeastMs / HOUR);
  if (atLeastMs > 20 * SECOND) return CLOCK_STEPS.find((step) => step >= atLeastMs) ?? HOUR;
  return decimalStep(atLeastMs);
}

function decimalStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= atLeast) ?? 10;
  return factor * power;
}
