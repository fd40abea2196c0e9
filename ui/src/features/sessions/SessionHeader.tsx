import { ActionIcon, Menu, SegmentedControl, Tooltip } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, Download, Link2, ListTree } from "lucide-react";
import type { ReactNode } from "react";
import { exportSession, type Session } from "../../api/sessions";
import { useProject } from "../../api/useProject";
import { formatCount, formatDuration } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatAgo, formatDateTime, toRfc3339 } from "../../base/time";
import { quoteValue } from "../../model/filterText";
import { CopyButton } from "../../widgets/CopyButton";
import { Cost } from "../../widgets/Cost";
import { Problem } from "../../widgets/cards/Problem";
import { QualityText } from "../../widgets/groups/QualityText";
import classes from "./Session.module.css";
import { useSessionStrings } from "./strings";

type Order = "start_time" | "-start_time";

/** What the session is, and what can be done with it. */
export function SessionHeader(props: { session: Session; order: Order; onOrder: (order: Order) => void }) {
  const t = useSessionStrings();
  const language = useLanguage();
  const { session } = props;
  return (
    <header className={classes.header}>
      <div className={classes.titleLine}>
        <Tooltip label={t("back")}>
          <ActionIcon aria-label={t("back")} renderRoot={(root) => <Link {...root} to="/sessions" />}>
            <ArrowLeft size={16} />
          </ActionIcon>
        </Tooltip>
        <h1 className={classes.title} title={session.first_input ?? session.session_id}>
          {session.first_input ?? session.session_id}
        </h1>
        <div className={classes.tools}>
          <SegmentedControl
            size="xs"
            aria-label={t("order")}
            value={props.order}
            onChange={(order) => props.onOrder(order as Order)}
            data={[
              { value: "start_time", label: t("oldestFirst") },
              { value: "-start_time", label: t("newestFirst") },
            ]}
          />
          <Tooltip label={t("seeTraces")}>
            <ActionIcon
              aria-label={t("seeTraces")}
              renderRoot={(root) => <Link {...root} to="/traces" search={tracesOf(session)} />}
            >
              <ListTree size={15} />
            </ActionIcon>
          </Tooltip>
          <CopyButton value={() => window.location.href} label={t("copyLink")} icon={<Link2 size={15} />} />
          <ExportMenu sessionId={session.session_id} />
        </div>
      </div>
      <dl className={classes.facts}>
        <Fact label={t("session")}>
          <span className="mono cut">{session.session_id}</span>
          <CopyButton value={session.session_id} label={t("copyId")} />
        </Fact>
        {session.user_ids.length > 0 && (
          <Fact label={t("user")}>
            {session.user_ids.map((user) => (
              <Link key={user} to="/users/$userId" params={{ userId: user }} search={{}}>
                {user}
              </Link>
            ))}
          </Fact>
        )}
        <Fact label={t("started")}>
          <time dateTime={session.start_time} title={session.start_time}>
            {formatDateTime(session.start_time).slice(0, 19)}
          </time>
          <span className="muted">{formatAgo(session.start_time, Date.now(), language)}</span>
        </Fact>
        <Fact label={t("lasted")}>{formatDuration(session.duration_ms)}</Fact>
        <Fact label={t("traces")}>
          {formatCount(session.trace_count, language)}
          {session.error_count > 0 && (
            <span className={classes.error}>
              {t("errorsCount", { count: formatCount(session.error_count, language) })}
            </span>
          )}
        </Fact>
        <Fact label={t("tokens")}>{formatCount(session.total_tokens, language)}</Fact>
        <Fact label={t("cost")}>
          <Cost usd={session.cost_usd} unpricedCount={session.unpriced_count} />
        </Fact>
        {(session.quality !== null || session.scores.length > 0) && (
          <Fact label={t("quality")}>
            <QualityText group={session} />
          </Fact>
        )}
      </dl>
    </header>
  );
}

function Fact(props: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function tracesOf(session: Session) {
  return {
    filter: `session_id:${quoteValue(session.session_id)}`,
    from: toRfc3339(Date.parse(session.start_time) - 1000),
    to: toRfc3339(Date.parse(session.last_time) + 1000),
  };
}

const ENDINGS = { json: "json", markdown: "md" } as const;

function ExportMenu(props: { sessionId: string }) {
  const t = useSessionStrings();
  const project = useProject();
  const exporting = useMutation({
    mutationFn: async (format: "json" | "markdown") => {
      const file = await exportSession(project, props.sessionId, format);
      save(file, `${props.sessionId.replace(/[^\w.-]+/g, "-")}.${ENDINGS[format]}`);
    },
  });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Tooltip label={t("export")}>
            <ActionIcon aria-label={t("export")} loading={exporting.isPending}>
              <Download size={15} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => exporting.mutate("markdown")}>{t("exportMarkdown")}</Menu.Item>
          <Menu.Item onClick={() => exporting.mutate("json")}>{t("exportJson")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Problem error={exporting.error} />
    </>
  );
}

function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
