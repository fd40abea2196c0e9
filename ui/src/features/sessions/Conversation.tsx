import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { Turn } from "../../api/sessions";
import { ErrorState } from "../../widgets/ErrorState";
import classes from "./Session.module.css";
import { useSessionStrings } from "./strings";
import { TurnView } from "./TurnView";

const TURN_PX = 260;
/** Turns from the end at which the next page is asked for. */
const AHEAD = 5;

type Pages = Pick<
  UseInfiniteQueryResult,
  "hasNextPage" | "isFetchingNextPage" | "isFetchNextPageError" | "fetchNextPage" | "error" | "isPending"
>;

/** The turns below one another; of a long conversation only those on the screen exist. */
export function Conversation(props: {
  turns: readonly Turn[];
  pages: Pages;
  isNewestFirst: boolean;
  /** Of the whole session. */
  total: number;
}) {
  const t = useSessionStrings();
  const { turns, pages } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: turns.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => TURN_PX,
    getItemKey: (index) => turns[index]?.trace.trace_id ?? index,
    overscan: 3,
    gap: 8,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const mayLoad = pages.hasNextPage && !pages.isFetchingNextPage && !pages.isFetchNextPageError;
  useEffect(() => {
    if (turns.length > 0 && last >= turns.length - AHEAD && mayLoad) void pages.fetchNextPage();
  }, [last, turns.length, mayLoad, pages.fetchNextPage]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className={classes.scroller} ref={scroller} tabIndex={0}>
      <ol className={classes.turns} style={{ height: virtual.getTotalSize() }}>
        {shown.map((row) => {
          const turn = turns[row.index];
          if (turn === undefined) return null;
          const before = turns[row.index + (props.isNewestFirst ? 1 : -1)];
          return (
            <li
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              className={classes.turnPlace}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <TurnView
                turn={turn}
                number={props.isNewestFirst ? props.total - row.index : row.index + 1}
                before={before}
              />
            </li>
          );
        })}
      </ol>
      {pages.isFetchNextPageError && pages.error !== null ? (
        <ErrorState error={pages.error} onRetry={() => void pages.fetchNextPage()} />
      ) : (
        <p className={classes.end} role="status">
          {pages.isPending || pages.hasNextPage ? t("loadingMore") : t("end")}
        </p>
      )}
    </div>
  );
}
