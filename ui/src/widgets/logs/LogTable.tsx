import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import type { Log } from "../../api/types";
import { gridOf } from "../list/column";
import { VirtualTable } from "../list/VirtualTable";
import type { LogColumn, LogContext } from "./columns";
import { LogDetail } from "./LogDetail";
import type { OnFilter } from "./LogFieldRow";
import { LogHeader } from "./LogHeader";
import { LogRow } from "./LogRow";
import classes from "./LogTable.module.css";
import { useLogWords } from "./strings";

const ROW_HEIGHT = 25;
const CARD_HEIGHT = 58;

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

/** The virtualized list of records. */
export function LogTable(props: LogTableProps) {
  const t = useLogWords();
  const { logs, columns } = props;
  const isSmall = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const isNarrow = props.isNarrow ?? isSmall;
  const grid = gridOf(columns, isNarrow);
  return (
    <VirtualTable
      items={logs}
      keyOf={idOf}
      label={t("logs")}
      isNarrow={isNarrow}
      rowHeight={ROW_HEIGHT}
      cardHeight={CARD_HEIGHT}
      layout={props.isWrapped}
      minWidth={grid.minWidth}
      cursor={props.cursor}
      topSignal={props.topSignal}
      onNearEnd={props.onNearEnd}
      onTop={props.onTop}
      header={
        !isNarrow && <LogHeader columns={columns} order={props.order} onOrder={props.onOrder} style={grid} />
      }
      footer={props.footer}
    >
      {(log, row, measure) => {
        const isOpen = log.log_id === props.openId;
        return (
          <div
            key={row.key}
            ref={measure}
            data-index={row.index}
            className={classes.item}
            style={{ transform: `translateY(${row.start}px)` }}
          >
            <LogRow
              log={log}
              index={row.index}
              columns={columns}
              context={props.context}
              isCurrent={row.index === props.cursor}
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
      }}
    </VirtualTable>
  );
}

function idOf(log: Log): string {
  return log.log_id;
}
