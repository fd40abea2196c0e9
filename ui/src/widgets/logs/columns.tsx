import { Link } from "@tanstack/react-router";
import { ListTree } from "lucide-react";
import type { ReactNode } from "react";
import type { Log } from "../../api/types";
import { ABSENT, formatDuration } from "../../base/format";
import { formatDateTime, formatTime, parseNanoTime } from "../../base/time";
import { type Column, fixed, share } from "../list/column";
import { Message } from "./Message";
import { SeverityMark } from "./SeverityMark";
import type { LogWords } from "./strings";

export type LogContext = {
  t: LogWords;
  now: number;
  /** Words to mark in messages. */
  marks: readonly string[];
  /** Milliseconds since the epoch that `after` counts from. */
  start?: number;
  spanName?: (spanId: string) => string | undefined;
};

export type LogColumn = Column<Log, LogContext, LogWords>;

const text = (value: string | null | undefined): ReactNode =>
  value ? <span title={value}>{value}</span> : <span className="muted">{ABSENT}</span>;

const SEVERITY: LogColumn = {
  id: "severity",
  title: (t) => t("severity"),
  ...fixed(62),
  isDefault: true,
  cell: (log) => <SeverityMark severity={log.severity} text={log.severity_text} />,
};
const SERVICE: LogColumn = {
  id: "service",
  title: (t) => t("service"),
  ...share(106, 0.7),
  isDefault: true,
  cell: (log) => text(log.service),
};
const MESSAGE: LogColumn = {
  id: "message",
  title: (t) => t("message"),
  ...share(220, 6),
  isDefault: true,
  cell: (log, { marks }) => <Message log={log} marks={marks} />,
};
const LOGGER: LogColumn = {
  id: "logger",
  title: (t) => t("logger"),
  ...share(90, 0.8),
  cell: (log) => text(log.scope?.name),
};

/** Of the logs page, in the order they stand. */
export const LOG_COLUMNS: readonly LogColumn[] = [
  {
    id: "time",
    title: (t) => t("time"),
    ...fixed(98),
    order: "time",
    isDefault: true,
    cell: (log, { now }) => <LogTime log={log} now={now} />,
  },
  SEVERITY,
  SERVICE,
  {
    id: "environment",
    title: (t) => t("environment"),
    ...fixed(90),
    cell: (log) => text(log.environment),
  },
  LOGGER,
  { id: "event", title: (t) => t("event"), ...share(90, 0.8), cell: (log) => text(log.event_name) },
  MESSAGE,
  {
    id: "trace",
    title: () => "",
    ...fixed(20),
    isDefault: true,
    cell: (log, { t }) => <TraceLink log={log} label={t("toTrace")} />,
  },
];

/** Of a trace's logs. */
export const TRACE_LOG_COLUMNS: readonly LogColumn[] = [
  {
    id: "after",
    title: (t) => t("after"),
    ...fixed(72),
    isNumber: true,
    cell: (log, { start, t }) => (
      <time dateTime={log.time} title={`${t("afterTitle")}\n${formatDateTime(log.time)}\n${log.time}`}>
        {start === undefined ? ABSENT : signed(parseNanoTime(log.time) - start)}
      </time>
    ),
  },
  SEVERITY,
  {
    id: "span",
    title: (t) => t("span"),
    ...share(90, 1.2),
    cell: (log, { spanName }) => text(log.span_id ? (spanName?.(log.span_id) ?? log.span_id) : null),
  },
  SERVICE,
  MESSAGE,
];

function signed(milliseconds: number): string {
  return `${milliseconds < 0 ? "" : "+"}${formatDuration(milliseconds)}`;
}

export function LogTime(props: { log: Log; now: number }) {
  const { time } = props.log;
  return (
    <time dateTime={time} title={`${formatDateTime(time)}\n${time}`}>
      {formatTime(time, props.now)}
    </time>
  );
}

export function TraceLink(props: { log: Log; label: string }) {
  const { trace_id: traceId, span_id: spanId } = props.log;
  if (traceId === null) return null;
  return (
    <Link
      to="/traces/$traceId"
      params={{ traceId }}
      search={spanId ? { span: spanId } : {}}
      aria-label={props.label}
      title={props.label}
      tabIndex={-1}
      onClick={(event) => event.stopPropagation()}
      style={{ display: "flex" }}
    >
      <ListTree size={14} aria-hidden />
    </Link>
  );
}
