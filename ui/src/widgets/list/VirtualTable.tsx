import { useVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useEffect, useRef } from "react";
import classes from "./VirtualTable.module.css";

const HEADER_HEIGHT = 29;
const OVERSCAN = 14;
/** Rows from the end at which the next page is asked for. */
const AHEAD = 40;

export type VirtualTableProps<Item> = {
  items: readonly Item[];
  /** Must be the same function at every rendering. */
  keyOf: (item: Item) => string;
  label: string;
  isNarrow: boolean;
  /** In pixels; that of a row which was not measured. */
  rowHeight: number;
  /** As `rowHeight`, where the list is narrow. */
  cardHeight: number;
  /** Rows are measured again when this changes. */
  layout?: unknown;
  /** Where the columns need more, the list scrolls sideways. */
  minWidth: number | undefined;
  /** Index of the row that the keyboard is on; -1 is none. */
  cursor: number;
  /** A new number brings the list back to its top. */
  topSignal?: number;
  onNearEnd: () => void;
  onTop?: (isAtTop: boolean) => void;
  header: ReactNode;
  footer?: ReactNode;
  /** A row, placed by `row.start`; `measure` is the ref of rows whose height is their content's. */
  children: (item: Item, row: VirtualItem, measure: (element: Element | null) => void) => ReactNode;
};

/** A virtualized list: only the rows in sight are in the document, however many are loaded. */
export function VirtualTable<Item>(props: VirtualTableProps<Item>) {
  const { items, keyOf, isNarrow, rowHeight, cursor, onNearEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const keyAt = useCallback(
    (index: number) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
    [items, keyOf],
  );
  const table = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isNarrow ? props.cardHeight : rowHeight),
    getItemKey: keyAt,
    overscan: OVERSCAN,
    scrollPaddingStart: isNarrow ? 0 : HEADER_HEIGHT,
  });
  const shown = table.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;

  useEffect(() => {
    if (items.length > 0 && lastShown >= items.length - AHEAD) onNearEnd();
  }, [lastShown, items.length, onNearEnd]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for every signal
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [props.topSignal]);

  useEffect(() => {
    if (cursor >= 0) table.scrollToIndex(cursor, { align: "auto" });
  }, [cursor, table]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: heights change with the layout alone
  useEffect(() => {
    table.measure();
  }, [isNarrow, props.layout]);

  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="table"
      aria-label={props.label}
      aria-rowcount={items.length}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={(event) => props.onTop?.(event.currentTarget.scrollTop < rowHeight)}
    >
      {props.header}
      <div
        role="rowgroup"
        className={classes.body}
        style={{ height: table.getTotalSize(), minWidth: props.minWidth }}
      >
        {shown.map((row) => {
          const item = items[row.index];
          return item === undefined ? null : props.children(item, row, table.measureElement);
        })}
      </div>
      {props.footer}
    </div>
  );
}
