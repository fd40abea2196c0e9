import { Skeleton } from "@mantine/core";
import classes from "./ListSkeleton.module.css";

const ROWS = Array.from({ length: 24 }, (_, row) => row);
/** Uneven widths in percent, so that it looks like text that comes. */
const WIDTHS = [72, 55, 88, 63, 80, 47, 69];

export function ListSkeleton(props: { columns: readonly { id: string; track: string }[]; label: string }) {
  const template = props.columns.map((column) => column.track).join(" ");
  return (
    <div className={classes.list} role="status" aria-label={props.label}>
      {ROWS.map((row) => (
        <div key={row} className={classes.row} style={{ gridTemplateColumns: template }}>
          {props.columns.map((column, index) => (
            <Skeleton key={column.id} height={9} width={`${WIDTHS[(row * 3 + index) % WIDTHS.length]}%`} />
          ))}
        </div>
      ))}
    </div>
  );
}
