import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import type { Trace } from "../../api/types";
import type { Column } from "./columns";
import { HeaderRow } from "./HeaderRow";
import { useListStrings } from "./strings";
import { TraceCard } from "./TraceCard";
import { TraceRow } from "./TraceRow";
import classes from "./TraceTable.module.css";

const ROW_HEIGHT = 29;
const CARD_HEIGHT = 52;
/** Rows from the end at which the next page is asked for. */
const AHEAD = 40;

export type TableProps = {
  traces: readonly Trace[];
  columns: readonly Column[];
  order: string;
  onOrder: (order: string) => void;
  /** Index of the row that the keyboard is on; -1 is none. */
  cursor: number;
  /** A new number brings the list back to its top. */
  topSignal: number;
  onOpen: (index: number) => void;
  onNearEnd: () => void;
  onTop: (isAtTop: boolean) => void;
  footer: ReactNode;
};

/** The virtualized list: only the rows in sight are in the document, however many are loaded. */
export function TraceTable(props: TableProps) {
  const t = useListStrings();
  const { traces, columns, cursor, onNearEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const rows = useVirtualizer({
    count: traces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isNarrow ? CARD_HEIGHT : ROW_HEIGHT),
    getItemKey: (index) => traces[index]?.trace_id ?? index,
    overscan: 12,
    scrollPaddingStart: isNarrow ? 0 : ROW_HEIGHT,
  });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (traces.length > 0 && lastShown >= traces.length - AHEAD) onNearEnd();
  }, [lastShown, traces.length, onNearEnd]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for every signal
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [props.topSignal]);

  useEffect(() => {
    if (cursor >= 0) rows.scrollToIndex(cursor, { align: "auto" });
  }, [cursor, rows]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: heights change with the layout alone
  useEffect(() => {
    rows.measure();
  }, [isNarrow]);

  const template = columns.map((column) => column.track).join(" ");
  const minWidth = columns.reduce((sum, column) => sum + column.minWidth + 10, 14);
  const grid = { gridTemplateColumns: template, minWidth: isNarrow ? undefined : minWidth };
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="table"
      aria-label={t("title")}
      aria-rowcount={traces.length}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={(event) => props.onTop(event.currentTarget.scrollTop < ROW_HEIGHT)}
    >
      {!isNarrow && <HeaderRow columns={columns} order={props.order} onOrder={props.onOrder} style={grid} />}
      <div
        role="rowgroup"
        className={classes.body}
        style={{ height: rows.getTotalSize(), minWidth: grid.minWidth }}
      >
        {items.map((item) => {
          const trace = traces[item.index];
          if (trace === undefined) return null;
          const shared = {
            trace,
            isCurrent: item.index === cursor,
            index: item.index,
            onOpen: () => props.onOpen(item.index),
          };
          const place = { height: item.size, transform: `translateY(${item.start}px)` };
          return isNarrow ? (
            <TraceCard key={item.key} {...shared} style={place} />
          ) : (
            <TraceRow key={item.key} {...shared} columns={columns} style={{ ...grid, ...place }} />
          );
        })}
      </div>
      {props.footer}
    </div>
  );
}
