/** Lines on one another. */

type Column = readonly (number | null)[];

/** Running sums, from the first column up; null where no column has a value so far. */
export function stacked(columns: readonly Column[]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  columns.forEach((column, place) => {
    const below = sums[place - 1];
    sums.push(
      column.map((value, row) => {
        const base = below?.[row] ?? null;
        if (value === null) return base;
        return value + (base ?? 0);
      }),
    );
  });
  return sums;
}
