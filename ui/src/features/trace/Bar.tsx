import type { CSSProperties } from "react";
import { formatDuration, formatPercent } from "../../base/format";
import { barOf } from "../../model/traceScale";
import { lookOf } from "./kinds";
import { useTraceStrings } from "./strings";
import type { Node } from "./types";
import classes from "./Waterfall.module.css";

/** Percent of the axis: within a shorter bar a tick would hide the bar. */
const TICK_WIDTH_MIN = 1.5;

/** A span in time; underlined where it is on the critical path, with a tick at the first token. */
export function Bar(props: { node: Node; totalMs: number }) {
  const t = useTraceStrings();
  const { span, startMs } = props.node;
  const bar = barOf({ startMs, durationMs: span.duration_ms, ttftMs: span.ttft_ms }, props.totalMs);
  const critical = span.critical_path_ms ?? 0;
  const words = [
    `+${formatDuration(startMs)} · ${formatDuration(span.duration_ms)}`,
    ...(span.ttft_ms === null ? [] : [t("firstToken", { time: formatDuration(span.ttft_ms) })]),
    ...(critical > 0
      ? [
          t("criticalHelp", {
            time: formatDuration(critical),
            percent: formatPercent(props.totalMs > 0 ? critical / props.totalMs : 1),
          }),
        ]
      : []),
  ];
  const style = {
    "--kind": lookOf(span.kind).color,
    left: `${bar.left}%`,
    width: `${bar.width}%`,
  } as CSSProperties;
  return (
    <>
      <span
        className={classes.bar}
        style={style}
        title={words.join("\n")}
        data-error={span.status === "error" || undefined}
        data-critical={critical > 0 || undefined}
      />
      {bar.firstToken !== null && bar.width >= TICK_WIDTH_MIN && (
        <span className={classes.ttft} style={{ left: `${bar.firstToken}%` }} />
      )}
    </>
  );
}
