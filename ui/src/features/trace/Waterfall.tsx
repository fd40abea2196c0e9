import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useRef } from "react";
import { useTraceStrings } from "./strings";
import { TimeRuler } from "./TimeRuler";
import type { Node, Tree } from "./types";
import type { TraceActions, TraceState } from "./useTraceState";
import classes from "./Waterfall.module.css";
import { WaterfallRow } from "./WaterfallRow";

const ROW_HEIGHT = 26;

/** The tree and its bars on one time axis. Only the rows in sight are in the document. */
export const Waterfall = memo(function Waterfall(props: {
  tree: Tree;
  rows: readonly Node[];
  fold: TraceState["fold"];
  selected: Node | null;
  matchIds: ReadonlySet<string>;
  query: string;
  actions: Pick<TraceActions, "isFolded" | "setFolded">;
  onSelect: (node: Node) => void;
}) {
  const t = useTraceStrings();
  const { tree, rows, selected, actions } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });

  const selectedRow = selected === null ? -1 : rows.indexOf(selected);
  useEffect(() => {
    if (selectedRow >= 0) virtual.scrollToIndex(selectedRow, { align: "auto" });
  }, [selectedRow, virtual]);

  const toggle = useCallback((node: Node) => actions.setFolded(node, !actions.isFolded(node)), [actions]);

  return (
    <div className={classes.root}>
      <TimeRuler durationMs={tree.durationMs} />
      <div className={classes.scroller} ref={scroller}>
        <div
          role="tree"
          aria-label={t("tree")}
          className={classes.rows}
          style={{ height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map((item) => {
            const node = rows[item.index];
            if (!node) return null;
            return (
              <WaterfallRow
                key={item.index}
                node={node}
                top={item.start}
                totalMs={tree.durationMs}
                isFolded={node.children.length > 0 && actions.isFolded(node)}
                isSelected={node === selected}
                isMatch={props.matchIds.has(node.span.span_id)}
                query={props.query}
                onSelect={props.onSelect}
                onToggle={toggle}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
});
