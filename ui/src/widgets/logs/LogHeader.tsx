import { UnstyledButton } from "@mantine/core";
import { ArrowDown, ArrowUp } from "lucide-react";
import type { CSSProperties } from "react";
import type { LogColumn } from "./columns";
import classes from "./LogTable.module.css";
import { useLogWords } from "./strings";

/** Titles. Logs are in the order of time, in one direction or the other. */
export function LogHeader(props: {
  columns: readonly LogColumn[];
  order: string | undefined;
  onOrder: ((order: string) => void) | undefined;
  style: CSSProperties;
}) {
  const t = useLogWords();
  const { order, onOrder } = props;
  const isDescending = order?.startsWith("-") ?? false;
  return (
    <div role="row" className={classes.header} style={props.style}>
      {props.columns.map((column) => (
        <div
          key={column.id}
          role="columnheader"
          data-number={column.isNumber || undefined}
          aria-sort={column.order === undefined ? undefined : isDescending ? "descending" : "ascending"}
        >
          {column.order === undefined || onOrder === undefined ? (
            column.title(t)
          ) : (
            <UnstyledButton className={classes.sort} onClick={() => onOrder(isDescending ? "time" : "-time")}>
              {column.title(t)}
              {isDescending ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />}
            </UnstyledButton>
          )}
        </div>
      ))}
    </div>
  );
}
