/** Rows of a heat map: ranges of values, such as the groups of a number in `GET /aggregate`. */

export type HeatRow = { low: number; high: number };

/** Lower ends of the server's groups of numbers: 1, 1.5, 2, 3, 5, 7, 10 ... */
const MANTISSAS = [1, 1.5, 2, 3, 5, 7] as const;

/** The rows from the lowest to the highest of these lower ends, those without a value between them too. */
export function stepRows(lows: readonly number[]): HeatRow[] {
  const known = lows.filter((low) => Number.isFinite(low) && low >= 0);
  if (known.length === 0) return [];
  const last = Math.max(...known);
  const rows: HeatRow[] = [];
  let low = Math.min(...known);
  while (low <= last * (1 + 1e-9)) {
    const high = low === 0 ? firstAbove(known) : nextStep(low);
    rows.push({ low, high });
    low = high;
  }
  return rows;
}

function firstAbove(lows: readonly number[]): number {
  const above = lows.filter((low) => low > 0);
  return above.length === 0 ? 1 : Math.min(...above);
}

function nextStep(low: number): number {
  const power = 10 ** Math.floor(Math.log10(low) + 1e-9);
  const mantissa = low / power;
  const next = MANTISSAS.find((step) => step > mantissa * (1 + 1e-9));
  return next === undefined ? power * 10 : Number((next * power).toPrecision(6));
}

/** The row that a lower end begins; -1 where none does. */
export function rowOf(rows: readonly HeatRow[], low: number): number {
  return rows.findIndex((row) => Math.abs(row.low - low) <= Math.abs(low) * 1e-6);
}

/** Where a value stands: whole numbers are the edges of rows; beyond them, at the nearest. */
export function rowPosition(rows: readonly HeatRow[], value: number): number {
  const place = rows.findIndex((row) => value < row.high);
  const row = rows[place];
  if (row === undefined) return rows.length;
  return place + Math.max(0, (value - row.low) / (row.high - row.low));
}
