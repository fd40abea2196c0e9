import type { Trace } from "../../../api/types";
import { formatDateTime } from "../../../base/time";
import classes from "./TryPanel.module.css";

/** The newest traces by their questions. */
export function TraceChoice(props: {
  traces: readonly Trace[];
  value: string;
  onChoose: (traceId: string) => void;
}) {
  return props.traces.map((trace) => (
    <button
      key={trace.trace_id}
      type="button"
      className={classes.choice}
      aria-pressed={trace.trace_id === props.value}
      onClick={() => props.onChoose(trace.trace_id)}
    >
      <span className="muted">{formatDateTime(trace.start_time).slice(11, 19)}</span>
      <span className={classes.preview}>{trace.input_preview || trace.name}</span>
    </button>
  ));
}
