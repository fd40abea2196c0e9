import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useEffect, useRef } from "react";
import { nextSort, parseSort, type TableColumn } from "../../model/traceTable";
import classes from "./SpanTable.module.css";
import { SpanTableRow } from "./SpanTableRow";
import { useTraceStrings } from "./strings";
import type { Node } from "./types";

const ROW_HEIGHT = 26;

const COLUMNS = [
  ["name", "name"],
  ["start", "offset"],
  ["duration", "duration"],
  ["input", "tokensIn"],
  ["output", "tokensOut"],
  ["cost", "cost"],
  ["ttft", "ttft"],
  ["self", "selfTime"],
  ["critical", "critical"],
  ["model", "model"],
  ["kind", "kind"],
  ["service", "service"],
] as const satisfies readonly (readonly [TableColumn, string])[];

const TEXT_COLUMNS: ReadonlySet<string> = new Set(["name", "kind", "model", "service"]);

/** Every span in a row, sorted by any column; the sort is in the URL. */
export function SpanTable(props: {
  nodes: readonly Node[];
  sort: string | undefined;
  selected: Node | null;
  matchIds: ReadonlySet<string>;
  query: string;
  onSelect: (node: Node) => void;
  onSort: (sort: string | undefined) => void;
}) {
  const t = useTraceStrings();
  const { nodes, selected } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const sort = parseSort(props.sort);
  const virtual = useVirtualizer({
    count: nodes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const selectedRow = selected === null ? -1 : nodes.indexOf(selected);
  useEffect(() => {
    if (selectedRow >= 0) virtual.scrollToIndex(selectedRow, { align: "auto" });
  }, [selectedRow, virtual]);

  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div className={classes.scroller} ref={scroller}>
      <table className={classes.table} aria-rowcount={nodes.length}>
        <thead>
          <tr>
            {COLUMNS.map(([column, word]) => (
              <th
                key={column}
                className={TEXT_COLUMNS.has(column) ? undefined : "num"}
                aria-sort={sort.column !== column ? "none" : sort.isDescending ? "descending" : "ascending"}
              >
                <button type="button" onClick={() => props.onSort(nextSort(sort, column))}>
                  {t(word)}
                  {sort.column === column &&
                    (sort.isDescending ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr aria-hidden style={{ height: before }} />
          {items.map((item) => {
            const node = nodes[item.index];
            return node ? (
              <SpanTableRow
                key={node.index}
                node={node}
                isSelected={node === selected}
                isMatch={props.matchIds.has(node.span.span_id)}
                query={props.query}
                onSelect={props.onSelect}
              />
            ) : null;
          })}
          <tr aria-hidden style={{ height: after }} />
        </tbody>
      </table>
    </div>
  );
}
