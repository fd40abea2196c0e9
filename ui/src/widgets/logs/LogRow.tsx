import { type CSSProperties, memo } from "react";
import type { Log } from "../../api/types";
import { type LogColumn, type LogContext, LogTime, TraceLink } from "./columns";
import classes from "./LogRow.module.css";
import { Message } from "./Message";
import { SeverityMark } from "./SeverityMark";

export type LogRowProps = {
  log: Log;
  index: number;
  columns: readonly LogColumn[];
  context: LogContext;
  isCurrent: boolean;
  isOpen: boolean;
  /** Whole messages, over as many lines as they need. */
  isWrapped: boolean;
  /** It leads to its trace. */
  hasTraceLink?: boolean;
  /** It is of the span that is selected. */
  isMarked?: boolean;
  /** No room for columns. */
  isNarrow: boolean;
  style: CSSProperties;
  onToggle: (log: Log, index: number) => void;
};

/** One record. A click opens its fields below it, unless it only ended a selection of text. */
export const LogRow = memo(function LogRow(props: LogRowProps) {
  const { log, context } = props;
  const onClick = () => {
    if (window.getSelection()?.type !== "Range") props.onToggle(log, props.index);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list's keys are shortcuts of the page
    <div
      role="row"
      aria-rowindex={props.index + 1}
      aria-current={props.isCurrent || undefined}
      aria-expanded={props.isOpen}
      className={props.isNarrow ? classes.card : classes.row}
      data-severity={log.severity ?? undefined}
      data-marked={props.isMarked || undefined}
      data-wrap={props.isWrapped || undefined}
      style={props.isNarrow ? undefined : props.style}
      onClick={onClick}
    >
      {props.isNarrow ? (
        <>
          <span role="cell" className={classes.line}>
            <SeverityMark severity={log.severity} text={log.severity_text} />
            <LogTime log={log} now={context.now} />
            <span className="cut">{log.service ?? ""}</span>
            {props.hasTraceLink && (
              <span className={classes.link}>
                <TraceLink log={log} label={context.t("toTrace")} />
              </span>
            )}
          </span>
          <span role="cell" className={classes.message} data-column="message">
            <Message log={log} marks={context.marks} />
          </span>
        </>
      ) : (
        props.columns.map((column) => (
          <span
            key={column.id}
            role="cell"
            className={column.isNumber ? "num cut" : "cut"}
            data-column={column.id}
          >
            {column.cell(log, context)}
          </span>
        ))
      )}
    </div>
  );
});
