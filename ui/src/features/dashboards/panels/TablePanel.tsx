import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo, useState } from "react";
import type { Panel } from "../../../model/dashboards/document";
import { type Cell, seriesTable, type TableFrame } from "../../../model/dashboards/frames";
import { formatUnit, thresholdColor } from "../../../model/dashboards/units";
import { useDashboardStrings } from "../strings";
import type { PanelData } from "../usePanelData";
import classes from "./panels.module.css";

const ROWS_MAX = 500;

type Sorting = { column: number; isDescending: boolean };

/** Rows as they were answered; series as rows of their labels. A click on a head sorts. */
export function TablePanel(props: { panel: Panel; data: PanelData }) {
  const t = useDashboardStrings();
  const { panel, data } = props;
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const frame = useMemo(
    () => data.table ?? seriesTable(data.series, panel.reduce),
    [data.table, data.series, panel.reduce],
  );
  const rows = useMemo(() => sortedRows(frame, sorting).slice(0, ROWS_MAX), [frame, sorting]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard
    <div className={classes.scroll} tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            {frame.columns.map((column, at) => (
              <th
                // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name
                key={`${column.name} ${at}`}
                className={column.isNumber ? "num" : undefined}
                aria-sort={ariaSort(sorting, at)}
              >
                <button type="button" onClick={() => setSorting(nextSorting(sorting, at, column.isNumber))}>
                  {column.name || t("value")}
                  {sorting?.column === at &&
                    (sorting.isDescending ? <ArrowDown size={11} /> : <ArrowUp size={11} />)}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names of their own
            <tr key={at}>
              {row.map((cell, place) => (
                <TableCell
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column's
                  key={place}
                  cell={cell}
                  column={frame.columns[place]}
                  panel={panel}
                  isLast={place === row.length - 1}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TableCell(props: {
  cell: Cell;
  column: TableFrame["columns"][number] | undefined;
  panel: Panel;
  isLast: boolean;
}) {
  const { cell, column, panel } = props;
  if (cell === null) return <td className={column?.isNumber ? "num muted" : "muted"}>–</td>;
  if (typeof cell !== "number") return <td className={classes.cell}>{String(cell) || "–"}</td>;
  // The panel's unit is for what has none of its own.
  const unit = column?.unit || (props.isLast ? panel.unit : "");
  const color = thresholdColor(cell, props.isLast ? panel.thresholds : []);
  return (
    <td className="num" title={String(cell)} style={color === null ? undefined : { color }}>
      {formatUnit(cell, unit, panel.decimals)}
    </td>
  );
}

function ariaSort(sorting: Sorting | null, column: number): "ascending" | "descending" | "none" {
  if (sorting?.column !== column) return "none";
  return sorting.isDescending ? "descending" : "ascending";
}

function nextSorting(sorting: Sorting | null, column: number, isNumber: boolean): Sorting {
  if (sorting?.column === column) return { column, isDescending: !sorting.isDescending };
  return { column, isDescending: isNumber };
}

function sortedRows(frame: TableFrame, sorting: Sorting | null): readonly (readonly Cell[])[] {
  if (sorting === null) return frame.rows;
  const { column, isDescending } = sorting;
  return [...frame.rows].sort((one, other) => {
    const [a, b] = [one[column] ?? null, other[column] ?? null];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return isDescending ? -order : order;
  });
}
