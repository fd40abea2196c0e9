import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { BellOff, Link2 } from "lucide-react";
import type { ActiveAlert } from "../../../api/alerting";
import { formatSpan } from "../../../base/format";
import { formatDateTime } from "../../../base/time";
import { ownLabels, rangeOf, traceFilterOf, valueExpression } from "../../../model/alertLinks";
import { unitOf } from "../../../model/promql";
import { CopyButton } from "../../../widgets/CopyButton";
import classes from "../../../widgets/cards/cards.module.css";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { formatValue } from "../../../widgets/values";
import { kindOf, toneOf } from "./kinds";
import { useAlertListStrings } from "./strings";

/** One alert: what is wrong, how much, since when, and where to look. */
export function AlertCard(props: { alert: ActiveAlert; now: number; onSilence: () => void }) {
  const t = useAlertListStrings();
  const { alert } = props;
  const { annotations, labels } = alert;
  const kind = kindOf(alert);
  const since = alert.fired_at ?? alert.active_at;
  const ago = formatSpan(props.now - Date.parse(since));
  const range = rangeOf(alert.active_at, null);
  const filter = traceFilterOf(labels, alert.expr);
  const runbook = annotations.runbook_url;
  return (
    <article className={classes.card} data-tone={toneOf(alert)}>
      <header className={classes.head}>
        <span className={classes.badge} data-tone={kind === "firing" ? "bad" : undefined}>
          {t(kind)}
        </span>
        <h2 className={classes.name}>{labels.alertname}</h2>
        {kind !== alert.state && (
          <span className="muted">{t(alert.state === "firing" ? "firing" : "pending")}</span>
        )}
        {labels.severity && <span className="muted">{labels.severity}</span>}
        <span className={classes.gap} />
        <span className="muted" title={formatDateTime(since)}>
          {alert.fired_at ? t("since", { ago }) : t("pendingSince", { ago })}
        </span>
      </header>
      {annotations.summary && <p className={classes.text}>{annotations.summary}</p>}
      {annotations.description && <p className={`${classes.text} muted`}>{annotations.description}</p>}
      <div className={classes.labels}>
        {ownLabels(labels)
          .filter(([name]) => name !== "alertname")
          .map(([name, value]) => (
            <span key={name} className={classes.label}>
              {name}={value === "" ? '""' : value}
            </span>
          ))}
      </div>
      <div className={classes.facts}>
        <b title={alert.value_text}>
          {t("value")}{" "}
          {alert.value === null ? alert.value_text : formatValue(alert.value, unitOf(alert.expr))}
        </b>
        <Link to="/explore" search={{ expr: valueExpression(alert.expr), ...range }}>
          {t("graph")}
        </Link>
        <Link to="/traces" search={{ ...range, ...(filter === "" ? {} : { filter }) }}>
          {t("traces")}
        </Link>
        {runbook && /^https?:\/\//.test(runbook) && (
          <a href={runbook} target="_blank" rel="noreferrer">
            {t("runbook")}
          </a>
        )}
        <Link to="/alerts/rules" search={{ text: alert.rule }} title={alert.group}>
          {t("rule")}
        </Link>
        {kind === "inhibited" && (
          <Link to="/alerts" search={{ text: alert.inhibited_by[0] ?? "" }}>
            {t("inhibitors")}
          </Link>
        )}
        <div className={classes.end}>
          <CopyButton label={t("link")} icon={<Link2 size={15} />} value={() => linkTo(alert)} />
          {kind === "silenced" ? (
            <Link to="/alerts/silences">{t("silences")}</Link>
          ) : (
            <NeedsRole permission="edit">
              <Button leftSection={<BellOff size={13} />} onClick={props.onSilence}>
                {t("silence")}
              </Button>
            </NeedsRole>
          )}
        </div>
      </div>
    </article>
  );
}

/** The page with this alert alone; the project stays. */
function linkTo(alert: ActiveAlert): string {
  const link = new URL(window.location.href);
  link.searchParams.delete("kind");
  link.searchParams.set("text", alert.fingerprint);
  return link.toString();
}
