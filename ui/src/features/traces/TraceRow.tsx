import { Link } from "@tanstack/react-router";
import { type CSSProperties, memo, useMemo } from "react";
import type { Trace } from "../../api/types";
import type { Column } from "./columns";
import { useListStrings } from "./strings";
import classes from "./TraceRow.module.css";

type RowProps = {
  trace: Trace;
  index: number;
  columns: readonly Column[];
  isCurrent: boolean;
  style: CSSProperties;
  onOpen: () => void;
};

/** One trace. The row is a link: it opens in a new tab as any link does. */
export const TraceRow = memo(function TraceRow(props: RowProps) {
  const t = useListStrings();
  const { trace } = props;
  const context = useMemo(() => ({ t, now: Date.now() }), [t]);
  return (
    <Link
      to="/traces/$traceId"
      params={{ traceId: trace.trace_id }}
      role="row"
      aria-rowindex={props.index + 1}
      aria-current={props.isCurrent || undefined}
      className={classes.row}
      data-error={trace.status === "error" || undefined}
      style={props.style}
      tabIndex={-1}
      draggable={false}
      onClick={props.onOpen}
    >
      {props.columns.map((column) => (
        <span
          key={column.id}
          role="cell"
          className={column.isNumber ? "num cut" : "cut"}
          data-column={column.id}
        >
          {column.cell(trace, context)}
        </span>
      ))}
    </Link>
  );
}, isSame);

/** `onOpen` is made anew at every render and always means the same index. */
function isSame(before: RowProps, after: RowProps): boolean {
  return (
    before.trace === after.trace &&
    before.index === after.index &&
    before.columns === after.columns &&
    before.isCurrent === after.isCurrent &&
    before.style.transform === after.style.transform &&
    before.style.gridTemplateColumns === after.style.gridTemplateColumns
  );
}
