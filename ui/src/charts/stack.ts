/** Lines on one another. */

type Column = readonly (number | null)[];

/** Running sums, from the first column up. What is absent adds nothing; where all are, nothing is drawn. */
export function stacked(columns: readonly Column[]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  columns.forEach((column, place) => {
    const below = sums[place - 1];
    sums.push(
      column.map((value, row) => {
        const isGap = columns.every((one) => one[row] === null);
        return isGap ? null : (value ?? 0) + (below?.[row] ?? 0);
      }),
    );
  });
  return sums;
}
