import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { Rule } from "../../../api/alerting";
import { formatSpan } from "../../../base/format";
import { valueExpression } from "../../../model/alertLinks";
import { CopyButton } from "../../../widgets/CopyButton";
import classes from "../../../widgets/cards/cards.module.css";
import rows from "./RuleRow.module.css";
import { useRuleStrings } from "./strings";

/** A rule in one line; opened, its expression, its words and its errors. */
export function RuleRow(props: { rule: Rule; isOpen: boolean; onBacktest: () => void }) {
  const t = useRuleStrings();
  const { rule } = props;
  const [isOpen, setOpen] = useState(props.isOpen);
  const isAlerting = rule.type === "alerting";
  return (
    <div className={rows.row}>
      <button type="button" className={rows.toggle} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <ChevronRight size={14} className={rows.arrow} aria-hidden />
        <State rule={rule} />
        <span className={rows.name}>{rule.name}</span>
        {rule.labels.severity && <span className="muted">{rule.labels.severity}</span>}
        {rule.alerts.length > 0 && <span>{t("alerts", { count: rule.alerts.length })}</span>}
      </button>
      {isOpen && (
        <div className={rows.body}>
          <code className={classes.expression}>{rule.expr}</code>
          {rule.annotations.summary && <p className={classes.text}>{rule.annotations.summary}</p>}
          {rule.annotations.description && (
            <p className={`${classes.text} muted`}>{rule.annotations.description}</p>
          )}
          {rule.last_error && (
            <p className={classes.text} style={{ color: "var(--error)" }}>
              {rule.last_error}
            </p>
          )}
          {rule.warnings.map((warning) => (
            <p key={warning} className={classes.text} style={{ color: "var(--warn)" }}>
              {warning}
            </p>
          ))}
          <div className={classes.facts}>
            {rule.for_s > 0 && <span>{t("forTime", { time: formatSpan(rule.for_s * 1000) })}</span>}
            {rule.keep_firing_for_s > 0 && (
              <span>{t("keepFiring", { time: formatSpan(rule.keep_firing_for_s * 1000) })}</span>
            )}
            <Link to="/explore" search={{ expr: isAlerting ? valueExpression(rule.expr) : rule.name }}>
              {t("graph")}
            </Link>
            {isAlerting && (
              <button type="button" className={rows.link} onClick={props.onBacktest}>
                {t("backtest")}
              </button>
            )}
            {rule.alerts.length > 0 && (
              <Link to="/alerts" search={{ text: `alertname=${rule.name}` }}>
                {t("seeAlerts")}
              </Link>
            )}
            <CopyButton value={rule.expr} label={t("copyExpression")} />
          </div>
        </div>
      )}
    </div>
  );
}

function State(props: { rule: Rule }) {
  const t = useRuleStrings();
  const { rule } = props;
  if (rule.health === "err")
    return (
      <span className={classes.badge} data-tone="bad">
        {t("err")}
      </span>
    );
  if (rule.health === "unknown") return <span className={classes.badge}>{t("unknown")}</span>;
  if (rule.type === "recording") return <span className={classes.badge}>{t("recording")}</span>;
  const tone = { firing: "bad", pending: "warning", inactive: "good" }[rule.state];
  return (
    <span className={classes.badge} data-tone={tone}>
      {t(rule.state)}
    </span>
  );
}
