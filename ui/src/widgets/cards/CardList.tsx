import { useVirtualizer } from "@tanstack/react-virtual";
import { Fragment, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import classes from "./CardList.module.css";

/** So many are simply there, where the browser's own search finds them. */
const PLAIN_MAX = 60;
const CARD_PX = 150;
const GAP_PX = 10;

type CardListProps<Item> = {
  items: readonly Item[];
  keyOf: (item: Item) => string;
  card: (item: Item) => ReactNode;
};

/** Cards below one another; of thousands only those on the screen exist. */
export function CardList<Item>(props: CardListProps<Item>) {
  const { items, keyOf, card } = props;
  if (items.length > PLAIN_MAX) return <VirtualCards {...props} />;
  return items.map((item) => <Fragment key={keyOf(item)}>{card(item)}</Fragment>);
}

function VirtualCards<Item>(props: CardListProps<Item>) {
  const { items, keyOf } = props;
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const scroller = () => list.current?.closest<HTMLElement>("[data-scroller]") ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what stands above may change with the items
  useLayoutEffect(() => {
    const [inner, outer] = [list.current, scroller()];
    if (inner && outer)
      setTop(inner.getBoundingClientRect().top - outer.getBoundingClientRect().top + outer.scrollTop);
  }, [items]);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: scroller,
    estimateSize: () => CARD_PX,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
    gap: GAP_PX,
    overscan: 4,
    scrollMargin: top,
  });
  return (
    <div ref={list} className={classes.list} style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map((row) => {
        const item = items[row.index];
        return (
          <div
            key={row.key}
            ref={virtual.measureElement}
            data-index={row.index}
            className={classes.row}
            style={{ transform: `translateY(${row.start - top}px)` }}
          >
            {item !== undefined && props.card(item)}
          </div>
        );
      })}
    </div>
  );
}
