import type { ReactNode } from "react";

/** A column of a list of `Item`s; `Context` is what all cells of a rendering share. */
export type Column<Item, Context, Words> = {
  id: string;
  title: (words: Words) => string;
  /** A grid track: fixed for numbers, so that nothing shifts; shares for text. */
  track: string;
  minWidth: number;
  isNumber?: boolean;
  /** The API's name of the order; columns without one can't be sorted. */
  order?: string;
  isDefault?: boolean;
  cell: (item: Item, context: Context) => ReactNode;
};

export function fixed(width: number): { track: string; minWidth: number } {
  return { track: `${width}px`, minWidth: width };
}

export function share(minWidth: number, part: number): { track: string; minWidth: number } {
  return { track: `minmax(${minWidth}px, ${part}fr)`, minWidth };
}

/** The style that a table's header and rows share; cards of a narrow list need no width. */
export function gridOf(
  columns: readonly { track: string; minWidth: number }[],
  isNarrow: boolean,
): { gridTemplateColumns: string; minWidth: number | undefined } {
  const minWidth = columns.reduce((sum, column) => sum + column.minWidth + 10, 14);
  const gridTemplateColumns = columns.map((column) => column.track).join(" ");
  return { gridTemplateColumns, minWidth: isNarrow ? undefined : minWidth };
}
