import { Link } from "@tanstack/react-router";
import type { CSSProperties } from "react";
import type { Trace } from "../../api/types";
import { formatDuration } from "../../base/format";
import { formatTime } from "../../base/time";
import { Cost } from "../../widgets/Cost";
import { StatusMark } from "./StatusMark";
import { useListStrings } from "./strings";
import classes from "./TraceCard.module.css";

/** One trace where there is no room for columns. */
export function TraceCard(props: {
  trace: Trace;
  index: number;
  isCurrent: boolean;
  style: CSSProperties;
  onOpen: () => void;
}) {
  const t = useListStrings();
  const { trace } = props;
  return (
    <Link
      to="/traces/$traceId"
      params={{ traceId: trace.trace_id }}
      role="row"
      aria-rowindex={props.index + 1}
      aria-current={props.isCurrent || undefined}
      className={classes.card}
      style={props.style}
      onClick={props.onOpen}
    >
      <span role="cell" className={classes.line}>
        <StatusMark trace={trace} label={t(trace.status)} iconOnly />
        <b className="cut">{trace.name || t("unnamed")}</b>
        <span className={classes.numbers}>
          <span>{formatDuration(trace.duration_ms)}</span>
          <Cost usd={trace.cost_usd} unpricedCount={trace.unpriced_count} />
        </span>
      </span>
      <span role="cell" className={classes.line} data-second>
        <time dateTime={trace.start_time}>{formatTime(trace.start_time, Date.now())}</time>
        <span className="cut">{trace.input_preview ?? ""}</span>
      </span>
    </Link>
  );
}
