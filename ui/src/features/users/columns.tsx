import type { User } from "../../api/users";
import { ABSENT, formatCompact, formatCount } from "../../base/format";
import { formatDateTime, formatTime } from "../../base/time";
import { Cost } from "../../widgets/Cost";
import type { GroupColumn } from "../../widgets/groups/GroupTable";
import { QualityText } from "../../widgets/groups/QualityText";
import { fixed, share } from "../../widgets/list/column";
import type { UserTranslate } from "./strings";

export function userColumns(t: UserTranslate): GroupColumn<User>[] {
  const column = (column: Omit<GroupColumn<User>, "title">): GroupColumn<User> => ({
    ...column,
    title: () => column.name,
  });
  return [
    column({
      id: "last",
      name: t("last"),
      ...fixed(98),
      order: "last_time",
      cell: (user, { now }) => (
        <time dateTime={user.last_time} title={formatDateTime(user.last_time)} className="muted">
          {formatTime(user.last_time, now)}
        </time>
      ),
    }),
    column({
      id: "user",
      name: t("user"),
      ...share(120, 1),
      cell: (user) => <b title={user.user_id}>{user.user_id}</b>,
    }),
    column({
      id: "traces",
      name: t("traces"),
      ...fixed(70),
      isNumber: true,
      order: "trace_count",
      cell: (user, { language }) => formatCount(user.trace_count, language),
    }),
    column({
      id: "sessions",
      name: t("sessions"),
      ...fixed(70),
      isNumber: true,
      cell: (user, { language }) => formatCount(user.session_count, language),
    }),
    column({
      id: "tokens",
      name: t("tokens"),
      ...fixed(70),
      isNumber: true,
      order: "total_tokens",
      cell: (user) => formatCompact(user.total_tokens),
    }),
    column({
      id: "cost",
      name: t("cost"),
      ...fixed(84),
      isNumber: true,
      order: "cost",
      cell: (user) => <Cost usd={user.cost_usd} unpricedCount={user.unpriced_count} />,
    }),
    column({
      id: "errors",
      name: t("errors"),
      ...fixed(60),
      isNumber: true,
      order: "error_count",
      cell: (user, { language }) =>
        user.error_count === 0 ? (
          <span className="muted">0</span>
        ) : (
          <b style={{ color: "var(--error)" }}>{formatCount(user.error_count, language)}</b>
        ),
    }),
    column({
      id: "quality",
      name: t("quality"),
      ...fixed(76),
      isNumber: true,
      cell: (user) => <QualityText group={user} />,
    }),
    column({
      id: "input",
      name: t("lastInput"),
      ...share(140, 1.6),
      cell: (user) => (
        <span className="muted" title={user.last_input ?? ""}>
          {user.last_input ?? ABSENT}
        </span>
      ),
    }),
  ];
}
