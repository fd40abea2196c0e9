import { ChevronDown, ChevronRight, CircleAlert, Unlink } from "lucide-react";
import { type CSSProperties, memo } from "react";
import { formatCompact, formatDuration } from "../../base/format";
import { Bar } from "./Bar";
import { KindIcon } from "./KindIcon";
import { Marked } from "./Marked";
import { SpanCost } from "./SpanCost";
import { useTraceStrings } from "./strings";
import type { Node } from "./types";
import classes from "./Waterfall.module.css";

/** Deeper levels stand at the same place: a chain of a thousand spans must not push its names off the screen. */
const INDENT_LEVELS_MAX = 24;

export const WaterfallRow = memo(function WaterfallRow(props: {
  node: Node;
  top: number;
  totalMs: number;
  isFolded: boolean;
  isSelected: boolean;
  isMatch: boolean;
  query: string;
  onSelect: (node: Node) => void;
  onToggle: (node: Node) => void;
}) {
  const t = useTraceStrings();
  const { node, isFolded } = props;
  const { span } = node;
  const isParent = node.children.length > 0;
  const level = Math.min(node.depth, INDENT_LEVELS_MAX);
  // A folded row speaks for everything it hides.
  const tokens = isFolded ? node.totals.tokens : span.total_tokens;
  const hiddenErrors = isFolded && node.totals.errors > 0;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the page's keys select spans
    <div
      role="treeitem"
      aria-level={node.depth + 1}
      aria-selected={props.isSelected}
      {...(isParent ? { "aria-expanded": !isFolded } : {})}
      data-span={span.span_id}
      data-selected={props.isSelected || undefined}
      data-match={props.isMatch || undefined}
      className={classes.row}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={() => props.onSelect(node)}
    >
      <div className={classes.tree} style={{ "--level": level } as CSSProperties}>
        <span className={classes.guides} />
        {isParent ? (
          <button
            type="button"
            tabIndex={-1}
            className={classes.fold}
            aria-label={isFolded ? t("expand", { name: span.name }) : t("collapse", { name: span.name })}
            onClick={(event) => {
              event.stopPropagation();
              props.onToggle(node);
            }}
          >
            {isFolded ? <ChevronRight size={14} /> : <ChevronDown size={14} />}
          </button>
        ) : (
          <span className={classes.fold} />
        )}
        <KindIcon kind={span.kind} />
        <span className={classes.name} title={span.name}>
          {props.query === "" ? span.name : <Marked text={span.name} query={props.query} />}
        </span>
        {isFolded && <span className={classes.badge}>{node.totals.spans - 1}</span>}
        {node.isOrphan && <Unlink size={12} className={classes.orphan} aria-label={t("orphan")} />}
        {(span.status === "error" || hiddenErrors) && (
          <CircleAlert size={13} className={classes.error} aria-label={t("status_error")} />
        )}
        <span className={classes.detail}>{span.response_model ?? span.request_model ?? span.tool_name}</span>
      </div>
      <div className={`${classes.number} ${classes.duration}`}>{formatDuration(span.duration_ms)}</div>
      <div className={`${classes.number} ${classes.tokens}`}>
        {tokens === null ? "" : formatCompact(tokens)}
      </div>
      <div className={`${classes.number} ${classes.cost}`}>
        <SpanCost node={node} isFolded={isFolded} />
      </div>
      <div className={classes.bars}>
        <Bar node={node} totalMs={props.totalMs} />
      </div>
    </div>
  );
});
