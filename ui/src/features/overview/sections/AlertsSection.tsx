import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BellOff } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { type ActiveAlert, alertsQuery } from "../../../api/alerting";
import { useMay } from "../../../api/me";
import type { ProjectName } from "../../../api/queries";
import { formatSpan } from "../../../base/format";
import { matchersOf, rangeOf, traceFilterOf } from "../../../model/alertLinks";
import cards from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { byUrgency, kindOf, toneOf } from "../../alerts/list/kinds";
import { useAlertListStrings } from "../../alerts/list/strings";
import classes from "../overview.module.css";
import { useOverviewStrings } from "../strings";

// The form comes when somebody silences an alert.
const SilenceForm = lazy(() =>
  import("../../alerts/silences/SilenceForm").then((module) => ({ default: module.SilenceForm })),
);

const SHOWN_MAX = 6;

/** What is wrong just now, the most urgent first. */
export function AlertsSection(props: { project: ProjectName }) {
  const t = useOverviewStrings();
  const { data, error, dataUpdatedAt } = useQuery(alertsQuery(props.project));
  const [silenced, setSilenced] = useState<ActiveAlert | null>(null);
  const alerts = [...(data?.items ?? [])].sort(byUrgency);
  const rest = alerts.length - SHOWN_MAX;
  return (
    <section className={classes.section} aria-labelledby="overview-alerts">
      <header className={classes.head}>
        <h2 id="overview-alerts">{t("alerts")}</h2>
        <Link to="/alerts" className={classes.end}>
          {rest > 0 ? t("more", { count: rest }) : t("allAlerts")}
        </Link>
      </header>
      <Stale error={error} />
      {data === undefined && !error && <Skeleton height={28} radius="sm" />}
      {data?.items.length === 0 && <span className="muted">{t("quiet")}</span>}
      <ul className={classes.list}>
        {alerts.slice(0, SHOWN_MAX).map((alert) => (
          <AlertLine
            key={alert.fingerprint}
            alert={alert}
            now={dataUpdatedAt}
            onSilence={() => setSilenced(alert)}
          />
        ))}
      </ul>
      {silenced !== null && (
        <Suspense>
          <SilenceForm
            draft={{ id: null, matchers: matchersOf(silenced.labels), comment: "" }}
            onClose={() => setSilenced(null)}
          />
        </Suspense>
      )}
    </section>
  );
}

function AlertLine(props: { alert: ActiveAlert; now: number; onSilence: () => void }) {
  const words = useAlertListStrings();
  const mayEdit = useMay("edit");
  const { alert } = props;
  const kind = kindOf(alert);
  const tone = toneOf(alert);
  const ago = formatSpan(props.now - Date.parse(alert.fired_at ?? alert.active_at));
  const filter = traceFilterOf(alert.labels, alert.expr);
  return (
    <li className={classes.alert}>
      <span className={cards.badge} data-tone={tone}>
        {words(kind)}
      </span>
      <Link to="/alerts" search={{ text: alert.fingerprint }}>
        <b>{alert.rule}</b>
      </Link>
      <span className={classes.summary}>{alert.annotations.summary}</span>
      <span className="muted">
        {alert.fired_at ? words("since", { ago }) : words("pendingSince", { ago })}
      </span>
      <Link to="/traces" search={{ ...rangeOf(alert.active_at, null), ...(filter === "" ? {} : { filter }) }}>
        {words("traces")}
      </Link>
      {kind !== "silenced" && mayEdit && (
        <Button size="compact-xs" leftSection={<BellOff size={12} />} onClick={props.onSilence}>
          {words("silence")}
        </Button>
      )}
    </li>
  );
}
