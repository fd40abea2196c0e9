import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useEffect, useRef } from "react";
import type { Log } from "../../api/types";
import type { LogColumn, LogContext } from "./columns";
import { LogDetail } from "./LogDetail";
import type { OnFilter } from "./LogFieldRow";
import { LogHeader } from "./LogHeader";
import { LogRow } from "./LogRow";
import classes from "./LogTable.module.css";
import { useLogWords } from "./strings";

const ROW_HEIGHT = 25;
const CARD_HEIGHT = 58;
/** Rows from the end at which the next page is asked for. */
const AHEAD = 40;

export type LogTableProps = {
  logs: readonly Log[];
  columns: readonly LogColumn[];
  context: LogContext;
  isWrapped: boolean;
  /** Where records stand in a list that is narrow whatever the window is. */
  isNarrow?: boolean;
  order?: string;
  onOrder?: (order: string) => void;
  /** Index of the row that the keyboard is on; -1 is none. */
  cursor: number;
  /** The record whose fields are shown. */
  openId: string | null;
  onToggle: (log: Log, index: number) => void;
  onFilter: OnFilter;
  hasTraceLinks: boolean;
  /** Records of this span stand out. */
  highlightSpanId?: string | null;
  /** A new number brings the list back to its top. */
  topSignal?: number;
  onNearEnd: () => void;
  onTop?: (isAtTop: boolean) => void;
  footer?: ReactNode;
};

/** The virtualized list of records: only those in sight are in the document, however many are loaded. */
export function LogTable(props: LogTableProps) {
  const t = useLogWords();
  const { logs, columns, cursor, openId, onNearEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isSmall = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const isNarrow = props.isNarrow ?? isSmall;
  const rows = useVirtualizer({
    count: logs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isNarrow ? CARD_HEIGHT : ROW_HEIGHT),
    getItemKey: useCallback((index: number) => logs[index]?.log_id ?? index, [logs]),
    overscan: 14,
    scrollPaddingStart: isNarrow ? 0 : ROW_HEIGHT + 4,
  });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (logs.length > 0 && lastShown >= logs.length - AHEAD) onNearEnd();
  }, [lastShown, logs.length, onNearEnd]);

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
  }, [isNarrow, props.isWrapped]);

  const template = columns.map((column) => column.track).join(" ");
  const minWidth = columns.reduce((sum, column) => sum + column.minWidth + 10, 14);
  const grid = { gridTemplateColumns: template, minWidth: isNarrow ? undefined : minWidth };
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="table"
      aria-label={t("logs")}
      aria-rowcount={logs.length}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={(event) => props.onTop?.(event.currentTarget.scrollTop < ROW_HEIGHT)}
    >
      {!isNarrow && <LogHeader columns={columns} order={props.order} onOrder={props.onOrder} style={grid} />}
      <div
        role="rowgroup"
        className={classes.body}
        style={{ height: rows.getTotalSize(), minWidth: grid.minWidth }}
      >
        {items.map((item) => {
          const log = logs[item.index];
          if (log === undefined) return null;
          const isOpen = log.log_id === openId;
          return (
            <div
              key={item.key}
              ref={rows.measureElement}
              data-index={item.index}
              className={classes.item}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <LogRow
                log={log}
                index={item.index}
                columns={columns}
                context={props.context}
                isCurrent={item.index === cursor}
                isOpen={isOpen}
                isWrapped={props.isWrapped}
                isMarked={props.highlightSpanId != null && log.span_id === props.highlightSpanId}
                hasTraceLink={props.hasTraceLinks}
                isNarrow={isNarrow}
                style={grid}
                onToggle={props.onToggle}
              />
              {isOpen && (
                <LogDetail
                  log={log}
                  marks={props.context.marks}
                  onFilter={props.onFilter}
                  traceLink={props.hasTraceLinks}
                />
              )}
            </div>
          );
        })}
      </div>
      {props.footer}
    </div>
  );
}
