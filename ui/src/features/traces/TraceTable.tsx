import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import type { Trace } from "../../api/types";
import { gridOf } from "../../widgets/list/column";
import { VirtualTable } from "../../widgets/list/VirtualTable";
import type { Column } from "./columns";
import { HeaderRow } from "./HeaderRow";
import { useListStrings } from "./strings";
import { TraceCard } from "./TraceCard";
import { TraceRow } from "./TraceRow";

const ROW_HEIGHT = 29;
const CARD_HEIGHT = 52;

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

/** The virtualized list of traces. */
export function TraceTable(props: TableProps) {
  const t = useListStrings();
  const { traces, columns } = props;
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const grid = gridOf(columns, isNarrow);
  return (
    <VirtualTable
      items={traces}
      keyOf={idOf}
      label={t("title")}
      isNarrow={isNarrow}
      rowHeight={ROW_HEIGHT}
      cardHeight={CARD_HEIGHT}
      minWidth={grid.minWidth}
      cursor={props.cursor}
      topSignal={props.topSignal}
      onNearEnd={props.onNearEnd}
      onTop={props.onTop}
      header={
        !isNarrow && <HeaderRow columns={columns} order={props.order} onOrder={props.onOrder} style={grid} />
      }
      footer={props.footer}
    >
      {(trace, row) => {
        const shared = {
          trace,
          isCurrent: row.index === props.cursor,
          index: row.index,
          onOpen: () => props.onOpen(row.index),
        };
        const place = { height: row.size, transform: `translateY(${row.start}px)` };
        return isNarrow ? (
          <TraceCard key={row.key} {...shared} style={place} />
        ) : (
          <TraceRow key={row.key} {...shared} columns={columns} style={{ ...grid, ...place }} />
        );
      }}
    </VirtualTable>
  );
}

function idOf(trace: Trace): string {
  return trace.trace_id;
}
