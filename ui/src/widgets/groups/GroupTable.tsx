import { UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link, type LinkProps } from "@tanstack/react-router";
import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import type { Language } from "../../base/i18n";
import { gridOf, type Column as ListColumn } from "../list/column";
import { VirtualTable } from "../list/VirtualTable";
import classes from "./GroupTable.module.css";
import { useGroupWords } from "./strings";

const ROW_HEIGHT = 33;
const CARD_HEIGHT = 56;

export type GroupContext = { now: number; language: Language };
export type GroupColumn<Item> = ListColumn<Item, GroupContext, never> & { name: string };

/** A virtualized list whose rows lead somewhere. */
export function GroupTable<Item>(props: {
  items: readonly Item[];
  keyOf: (item: Item) => string;
  linkOf: (item: Item) => Pick<LinkProps, "to" | "params" | "search">;
  columns: readonly GroupColumn<Item>[];
  context: GroupContext;
  label: string;
  order: string;
  onOrder: (order: string) => void;
  /** Index of the row that the keyboard is on; -1 is none. */
  cursor: number;
  onNearEnd: () => void;
  footer: ReactNode;
  /** The two lines of a card, where there is no room for columns. */
  card: (item: Item) => readonly [ReactNode, ReactNode];
}) {
  const { columns, context } = props;
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const grid = gridOf(columns, isNarrow);
  return (
    <VirtualTable
      items={props.items}
      keyOf={props.keyOf}
      label={props.label}
      isNarrow={isNarrow}
      rowHeight={ROW_HEIGHT}
      cardHeight={CARD_HEIGHT}
      minWidth={grid.minWidth}
      cursor={props.cursor}
      onNearEnd={props.onNearEnd}
      header={!isNarrow && <Header {...props} style={grid} />}
      footer={props.footer}
    >
      {(item, row) => (
        <Link
          key={row.key}
          {...props.linkOf(item)}
          role="row"
          aria-rowindex={row.index + 1}
          aria-current={row.index === props.cursor || undefined}
          className={isNarrow ? classes.card : classes.row}
          style={{
            ...(isNarrow ? {} : grid),
            height: row.size,
            transform: `translateY(${row.start}px)`,
          }}
          tabIndex={-1}
          draggable={false}
        >
          {isNarrow
            ? props.card(item).map((line, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: nothing but a place
                <span key={place} role="cell" className={classes.line}>
                  {line}
                </span>
              ))
            : columns.map((column) => (
                <span key={column.id} role="cell" className={column.isNumber ? "num cut" : "cut"}>
                  {column.cell(item, context)}
                </span>
              ))}
        </Link>
      )}
    </VirtualTable>
  );
}

type HeaderProps = {
  columns: readonly { id: string; name: string; order?: string; isNumber?: boolean }[];
  order: string;
  onOrder: (order: string) => void;
  style: { gridTemplateColumns: string; minWidth: number | undefined };
};

function Header(props: HeaderProps) {
  const t = useGroupWords();
  return (
    <div role="row" className={classes.header} style={props.style}>
      {props.columns.map(({ id, name, order, isNumber }) => {
        const isActive = order !== undefined && props.order.replace(/^-/, "") === order;
        const isDescending = props.order.startsWith("-");
        const sorted = isActive ? (isDescending ? "descending" : "ascending") : "none";
        return (
          <div
            key={id}
            role="columnheader"
            aria-sort={sorted}
            className={classes.cell}
            data-number={isNumber || undefined}
          >
            {order === undefined ? (
              name
            ) : (
              <UnstyledButton
                className={classes.button}
                data-active={isActive || undefined}
                title={t("sortBy", { column: name })}
                onClick={() => props.onOrder(isActive && isDescending ? order : `-${order}`)}
              >
                {name}
                {isActive && (isDescending ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}
              </UnstyledButton>
            )}
          </div>
        );
      })}
    </div>
  );
}
