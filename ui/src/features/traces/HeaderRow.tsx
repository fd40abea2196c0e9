import { UnstyledButton } from "@mantine/core";
import { ArrowDown, ArrowUp } from "lucide-react";
import type { CSSProperties } from "react";
import type { Column } from "./columns";
import classes from "./HeaderRow.module.css";
import { useListStrings } from "./strings";

type Direction = "ascending" | "descending" | "none";

function directionOf(column: Column, order: string): Direction {
  if (column.order === undefined || order.replace(/^-/, "") !== column.order) return "none";
  return order.startsWith("-") ? "descending" : "ascending";
}

/** First click: largest or newest on top, which is what people look for. */
function nextOrder(name: string, direction: Direction): string {
  return direction === "descending" ? name : `-${name}`;
}

export function HeaderRow(props: {
  columns: readonly Column[];
  order: string;
  onOrder: (order: string) => void;
  style: CSSProperties;
}) {
  const t = useListStrings();
  return (
    <div role="row" className={classes.row} style={props.style}>
      {props.columns.map((column) => {
        const direction = directionOf(column, props.order);
        const title = column.title(t);
        const { order } = column;
        return (
          <div
            key={column.id}
            role="columnheader"
            aria-sort={direction}
            className={classes.cell}
            data-number={column.isNumber || undefined}
          >
            {order === undefined ? (
              title
            ) : (
              <UnstyledButton
                className={classes.button}
                data-active={direction !== "none" || undefined}
                title={t("sortBy", { column: title })}
                onClick={() => props.onOrder(nextOrder(order, direction))}
              >
                {title}
                <span className={classes.arrow} aria-hidden>
                  {direction === "ascending" ? <ArrowUp size={12} /> : <ArrowDown size={12} />}
                </span>
              </UnstyledButton>
            )}
          </div>
        );
      })}
    </div>
  );
}
