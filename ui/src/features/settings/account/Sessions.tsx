import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { endOtherSessions, endSession, mySessionsQuery, type UserSession } from "../../../api/team";
import { useLanguage } from "../../../base/i18n";
import { formatAgo, formatDateTime } from "../../../base/time";
import { Problem } from "../../../widgets/cards/Problem";
import { ErrorState } from "../../../widgets/ErrorState";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { deviceOf } from "./device";
import { useAccountStrings } from "./strings";

export function Sessions() {
  const t = useAccountStrings();
  const queryClient = useQueryClient();
  const sessions = useQuery(mySessionsQuery());
  const ending = useMutation({
    mutationFn: endOtherSessions,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["my-sessions"] }),
  });
  const items = sessions.data?.items;
  return (
    <Section
      title={t("sessions")}
      actions={
        items !== undefined &&
        items.length > 1 && (
          <Button loading={ending.isPending} onClick={() => ending.mutate()}>
            {t("endAll")}
          </Button>
        )
      }
    >
      <Problem error={ending.error} />
      {items === undefined && sessions.error && (
        <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
      {items === undefined && !sessions.error && <Skeleton height={80} radius="sm" />}
      {items && (
        <ul className={classes.list}>
          {items.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function SessionRow(props: { session: UserSession }) {
  const t = useAccountStrings();
  const language = useLanguage();
  const queryClient = useQueryClient();
  const { session } = props;
  const device = deviceOf(session.user_agent);
  const ending = useMutation({
    mutationFn: () => endSession(session.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["my-sessions"] }),
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <span className={classes.name} title={session.user_agent}>
          {device ? t("on", device) : session.user_agent.slice(0, 60) || t("unknown")}
        </span>{" "}
        {session.is_current && (
          <span className={classes.badge} data-tone="good">
            {t("current")}
          </span>
        )}
        <div className={classes.facts}>
          <span className="mono">{session.address}</span>
          <span>{t("seen", { time: formatAgo(session.last_seen_at, Date.now(), language) })}</span>
          <span>{t("since", { time: formatDateTime(session.created_at).slice(0, 16) })}</span>
        </div>
        <Problem error={ending.error} />
      </div>
      {!session.is_current && (
        <Button loading={ending.isPending} onClick={() => ending.mutate()}>
          {t("end")}
        </Button>
      )}
    </li>
  );
}
