import type { Session } from "../../api/sessions";
import { ABSENT, formatCompact, formatCount, formatDuration } from "../../base/format";
import { formatDateTime, formatTime } from "../../base/time";
import { Cost } from "../../widgets/Cost";
import type { GroupColumn } from "../../widgets/groups/GroupTable";
import { QualityText } from "../../widgets/groups/QualityText";
import { fixed, share } from "../../widgets/list/column";
import type { SessionTranslate } from "./strings";

export function sessionColumns(t: SessionTranslate): GroupColumn<Session>[] {
  const column = (column: Omit<GroupColumn<Session>, "title">): GroupColumn<Session> => ({
    ...column,
    title: () => column.name,
  });
  return [
    column({
      id: "last",
      name: t("last"),
      ...fixed(98),
      order: "last_time",
      cell: (session, { now }) => (
        <time dateTime={session.last_time} title={formatDateTime(session.last_time)} className="muted">
          {formatTime(session.last_time, now)}
        </time>
      ),
    }),
    column({
      id: "conversation",
      name: t("conversation"),
      ...share(160, 1.6),
      cell: (session) => (
        <span title={`${session.session_id}\n${session.first_input ?? ""}`}>
          {session.first_input ?? <span className="mono">{session.session_id}</span>}
        </span>
      ),
    }),
    column({
      id: "user",
      name: t("user"),
      ...share(80, 0.5),
      cell: (session) => (
        <span title={session.user_ids.join("\n")}>
          {session.user_ids.join(", ") || <span className="muted">{ABSENT}</span>}
        </span>
      ),
    }),
    column({
      id: "traces",
      name: t("traces"),
      ...fixed(66),
      isNumber: true,
      order: "trace_count",
      cell: (session, { language }) => formatCount(session.trace_count, language),
    }),
    column({
      id: "duration",
      name: t("duration"),
      ...fixed(80),
      isNumber: true,
      order: "duration",
      cell: (session) => formatDuration(session.duration_ms),
    }),
    column({
      id: "tokens",
      name: t("tokens"),
      ...fixed(66),
      isNumber: true,
      order: "total_tokens",
      cell: (session) => formatCompact(session.total_tokens),
    }),
    column({
      id: "cost",
      name: t("cost"),
      ...fixed(82),
      isNumber: true,
      order: "cost",
      cell: (session) => <Cost usd={session.cost_usd} unpricedCount={session.unpriced_count} />,
    }),
    column({
      id: "errors",
      name: t("errors"),
      ...fixed(58),
      isNumber: true,
      order: "error_count",
      cell: (session, { language }) =>
        session.error_count === 0 ? (
          <span className="muted">0</span>
        ) : (
          <b style={{ color: "var(--error)" }}>{formatCount(session.error_count, language)}</b>
        ),
    }),
    column({
      id: "quality",
      name: t("quality"),
      ...fixed(72),
      isNumber: true,
      cell: (session) => <QualityText group={session} />,
    }),
    column({
      id: "answer",
      name: t("answer"),
      ...share(140, 1.4),
      cell: (session) => (
        <span className="muted" title={session.last_output ?? session.last_input ?? ""}>
          {session.last_output ?? session.last_input ?? ABSENT}
        </span>
      ),
    }),
  ];
}
