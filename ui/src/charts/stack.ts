/** Lines on one another. */

type Column = readonly (number | null)[];

/** Running sums, from the first column up. What is absent adds nothing: of what is stacked, none is zero. */
export function stacked(columns: readonly Column[]): number[][] {
  const sums: number[][] = [];
  columns.forEach((column, place) => {
    const below = sums[place - 1];
    sums.push(column.map((value, row) => (value ?? 0) + (below?.[row] ?? 0)));
  });
  return sums;
}
