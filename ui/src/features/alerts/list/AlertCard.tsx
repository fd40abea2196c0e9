import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { BellOff } from "lucide-react";
import type { ActiveAlert } from "../../../api/alerting";
import { formatDuration } from "../../../base/format";
import { formatDateTime } from "../../../base/time";
import { ownLabels, rangeOf, traceFilterOf, valueExpression } from "../../../model/alertLinks";
import { unitOf } from "../../../model/promql";
import { formatValue } from "../../../widgets/values";
import classes from "../cards.module.css";
import { kindOf, toneOf } from "./kinds";
import { useAlertListStrings } from "./strings";

/** One alert: what is wrong, how much, since when, and where to look. */
export function AlertCard(props: { alert: ActiveAlert; onSilence: () => void }) {
  const t = useAlertListStrings();
  const { alert } = props;
  const { annotations, labels } = alert;
  const kind = kindOf(alert);
  const since = alert.fired_at ?? alert.active_at;
  const ago = formatDuration(Math.max(0, Date.now() - Date.parse(since)));
  const range = rangeOf(alert.active_at, null);
  const filter = traceFilterOf(labels);
  const runbook = annotations.runbook_url;
  return (
    <article className={classes.card} data-tone={toneOf(alert)}>
      <header className={classes.head}>
        <span className={classes.badge} data-tone={kind === "firing" ? "bad" : undefined}>
          {t(kind)}
        </span>
        <h2 className={classes.name}>{labels.alertname}</h2>
        {labels.severity && <span className="muted">{labels.severity}</span>}
        <span className={classes.gap} />
        <span className="muted" title={formatDateTime(since)}>
          {alert.fired_at ? t("since", { ago }) : t("pendingSince", { ago })}
        </span>
        {kind !== "silenced" && (
          <Button leftSection={<BellOff size={13} />} onClick={props.onSilence}>
            {t("silence")}
          </Button>
        )}
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
      <p className={classes.facts}>
        <b>
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
        <span className={classes.gap} />
        <span className="muted">{alert.group}</span>
      </p>
    </article>
  );
}
