import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { SqlResult } from "../../api/sql";
import { CellPanel } from "./CellPanel";
import classes from "./ResultTable.module.css";
import { columnWidths, kindOf, type Sort, sortedRows, textOf } from "./result";
import { useSqlStrings } from "./strings";

const ROW_PX = 26;

type Cell = { row: number; column: number };

/** Rows of a result, as many as are in sight. Arrow keys move over cells, Ctrl+C copies one. */
export function ResultTable({ result }: { result: SqlResult }) {
  const t = useSqlStrings();
  const host = useRef<HTMLDivElement>(null);
  const [sort, setSort] = useState<Sort>(null);
  const [chosen, setChosen] = useState<Cell | null>(null);
  const order = useMemo(() => sortedRows(result, sort), [result, sort]);
  const widths = useMemo(() => columnWidths(result), [result]);
  const template = widths.map((width) => `calc(${width}ch + 20px)`).join(" ");
  const rows = useVirtualizer({
    count: order.length,
    getScrollElement: () => host.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const move = (event: KeyboardEvent) => {
    const step = MOVES[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key === "c" && chosen !== null) {
      if (window.getSelection()?.toString() === "")
        void navigator.clipboard?.writeText(textOf(result.rows[order[chosen.row] ?? 0]?.[chosen.column]));
      return;
    }
    if (step === undefined) return;
    event.preventDefault();
    const row = clamp((chosen?.row ?? -step.row) + step.row, order.length);
    const column = clamp((chosen?.column ?? -step.column) + step.column, result.columns.length);
    setChosen({ row, column });
    rows.scrollToIndex(row);
  };
  const toggle = (column: number) =>
    setSort((before) => {
      if (before?.column !== column) return { column, isDescending: true };
      return before.isDescending ? { column, isDescending: false } : null;
    });
  return (
    <div className={classes.split}>
      <div
        ref={host}
        className={classes.root}
        role="grid"
        tabIndex={0}
        aria-label={t("result")}
        aria-rowcount={order.length + 1}
        aria-colcount={result.columns.length}
        onKeyDown={move}
      >
        <div className={classes.head} role="row" style={{ gridTemplateColumns: template }}>
          {result.columns.map((column, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: names of columns may repeat
            <div key={place} role="columnheader" tabIndex={-1} aria-sort={sortOf(sort, place)}>
              <button
                type="button"
                className={classes.name}
                data-number={kindOf(column.type) === "number" || undefined}
                title={`${column.name} ${column.type}`}
                aria-label={t("sortBy", { name: column.name })}
                onClick={() => toggle(place)}
              >
                <span>{column.name}</span>
                {sort?.column === place &&
                  (sort.isDescending ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}
              </button>
            </div>
          ))}
        </div>
        <div className={classes.body} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className={classes.row}
              style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)` }}
            >
              {(result.rows[order[item.index] ?? 0] ?? []).map((value, place) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: arrow keys of the grid do it
                <div
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  key={place}
                  role="gridcell"
                  className={classes.cell}
                  data-number={kindOf(result.columns[place]?.type ?? "") === "number" || undefined}
                  data-null={value === null || undefined}
                  aria-selected={chosen?.row === item.index && chosen.column === place}
                  onClick={() => setChosen({ row: item.index, column: place })}
                >
                  {value === null ? t("null") : textOf(value).slice(0, 300)}
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
      {chosen !== null && (
        <CellPanel
          result={result}
          row={order[chosen.row] ?? 0}
          column={chosen.column}
          onClose={() => {
            setChosen(null);
            host.current?.focus();
          }}
        />
      )}
    </div>
  );
}

const MOVES: Record<string, Cell> = {
  ArrowDown: { row: 1, column: 0 },
  ArrowUp: { row: -1, column: 0 },
  ArrowRight: { row: 0, column: 1 },
  ArrowLeft: { row: 0, column: -1 },
  PageDown: { row: 20, column: 0 },
  PageUp: { row: -20, column: 0 },
};

function clamp(place: number, count: number): number {
  return Math.max(0, Math.min(place, count - 1));
}

function sortOf(sort: Sort, column: number): "ascending" | "descending" | "none" {
  if (sort?.column !== column) return "none";
  return sort.isDescending ? "descending" : "ascending";
}
