import type { ReactNode } from "react";
import type { Trace } from "../../api/types";
import { ABSENT, formatCompact, formatDuration } from "../../base/format";
import { formatDateTime, formatTime } from "../../base/time";
import { Cost } from "../../widgets/Cost";
import { fixed, type Column as ListColumn, share } from "../../widgets/list/column";
import { ScoreList } from "./ScoreList";
import { StatusMark } from "./StatusMark";
import type { ListTranslate } from "./strings";
import { TagList } from "./TagList";

export type ColumnContext = { t: ListTranslate; now: number };

export type Column = ListColumn<Trace, ColumnContext, ListTranslate>;

const text = (value: string | null | undefined): ReactNode =>
  value ? <span title={value}>{value}</span> : <span className="muted">{ABSENT}</span>;

/** Every column in the order it stands. */
export const COLUMNS: readonly Column[] = [
  {
    id: "time",
    title: (t) => t("time"),
    ...fixed(98),
    order: "start_time",
    isDefault: true,
    cell: (trace, { now }) => (
      <time dateTime={trace.start_time} title={`${formatDateTime(trace.start_time)}\n${trace.start_time}`}>
        {formatTime(trace.start_time, now)}
      </time>
    ),
  },
  {
    id: "status",
    title: (t) => t("status"),
    ...fixed(62),
    isDefault: true,
    cell: (trace, { t }) => <StatusMark trace={trace} label={t(trace.status)} />,
  },
  {
    id: "name",
    title: (t) => t("name"),
    ...share(110, 1.1),
    isDefault: true,
    cell: (trace, { t }) => <span title={trace.name}>{trace.name || t("unnamed")}</span>,
  },
  {
    id: "input",
    title: (t) => t("input"),
    ...share(92, 2.6),
    isDefault: true,
    cell: (trace) => <span className="muted">{trace.input_preview ?? ""}</span>,
  },
  {
    id: "output",
    title: (t) => t("output"),
    ...share(160, 2),
    cell: (trace) => <span className="muted">{trace.output_preview ?? ""}</span>,
  },
  {
    id: "latency",
    title: (t) => t("latency"),
    ...fixed(66),
    isNumber: true,
    order: "duration",
    isDefault: true,
    cell: (trace) => <span title={`${trace.duration_ms} ms`}>{formatDuration(trace.duration_ms)}</span>,
  },
  {
    id: "tokens",
    title: (t) => t("tokens"),
    ...fixed(56),
    isNumber: true,
    order: "total_tokens",
    isDefault: true,
    cell: (trace, { t }) => <Tokens trace={trace} t={t} />,
  },
  {
    id: "cost",
    title: (t) => t("cost"),
    ...fixed(68),
    isNumber: true,
    order: "cost",
    isDefault: true,
    cell: (trace) => <Cost usd={trace.cost_usd} unpricedCount={trace.unpriced_count} />,
  },
  {
    id: "scores",
    title: (t) => t("scores"),
    ...share(96, 0.9),
    cell: (trace, { t }) => <ScoreList scores={trace.scores} t={t} />,
  },
  {
    id: "model",
    title: (t) => t("model"),
    ...share(90, 0.9),
    isDefault: true,
    cell: (trace) => text(trace.models.join(", ")),
  },
  {
    id: "feature",
    title: (t) => t("feature"),
    ...share(66, 0.6),
    isDefault: true,
    cell: (trace) => text(trace.feature),
  },
  {
    id: "user",
    title: (t) => t("user"),
    ...share(58, 0.55),
    isDefault: true,
    cell: (trace) => text(trace.user_id),
  },
  {
    id: "tags",
    title: (t) => t("tags"),
    ...share(66, 0.7),
    cell: (trace) => <TagList tags={trace.tags} />,
  },
  { id: "service", title: (t) => t("service"), ...share(90, 0.7), cell: (trace) => text(trace.service) },
  {
    id: "environment",
    title: (t) => t("environment"),
    ...fixed(96),
    cell: (trace) => text(trace.environment),
  },
  { id: "release", title: (t) => t("release"), ...fixed(90), cell: (trace) => text(trace.release) },
  { id: "session", title: (t) => t("session"), ...share(90, 0.6), cell: (trace) => text(trace.session_id) },
  { id: "team", title: (t) => t("team"), ...share(80, 0.6), cell: (trace) => text(trace.team) },
  {
    id: "calls",
    title: (t) => t("calls"),
    ...fixed(76),
    isNumber: true,
    cell: (trace) => formatCompact(trace.llm_call_count),
  },
  {
    id: "spans",
    title: (t) => t("spans"),
    ...fixed(66),
    isNumber: true,
    order: "span_count",
    cell: (trace) => formatCompact(trace.span_count),
  },
  {
    id: "errors",
    title: (t) => t("errorCount"),
    ...fixed(66),
    isNumber: true,
    order: "error_count",
    cell: (trace) => formatCompact(trace.error_count),
  },
];

/** Columns that stand among the usual ones as soon as a trace has something to show in them. */
export function columnsFor(has: { scores: boolean; tags: boolean }): readonly Column[] {
  return COLUMNS.map((column) =>
    (column.id === "scores" && has.scores) || (column.id === "tags" && has.tags)
      ? { ...column, isDefault: true }
      : column,
  );
}

function Tokens(props: { trace: Trace; t: ListTranslate }) {
  const { trace, t } = props;
  const title = t("tokensTitle", {
    input: trace.input_tokens?.toLocaleString() ?? ABSENT,
    output: trace.output_tokens?.toLocaleString() ?? ABSENT,
  });
  return <span title={title}>{formatCompact(trace.total_tokens)}</span>;
}
