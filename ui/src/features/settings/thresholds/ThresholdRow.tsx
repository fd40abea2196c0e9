import { Button, NumberInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import { backtestQuery } from "../../../api/alerting";
import type { OwnerRule, Threshold } from "../../../api/overview";
import { useProject } from "../../../api/useProject";
import { formatSpan } from "../../../base/format";
import { Problem } from "../../../widgets/cards/Problem";
import { useThresholdStrings } from "./strings";
import classes from "./thresholds.module.css";
import { shown, UNITS } from "./units";

const DAYS = 7;

/** One threshold with the rule that watches it. */
export function ThresholdRow(props: {
  threshold: Threshold;
  /** As it is written; empty text while nothing is. */
  value: number | string;
  isChanged: boolean;
  isValid: boolean;
  mayEdit: boolean;
  onChange: (value: number | string) => void;
}) {
  const t = useThresholdStrings();
  const id = useId();
  const { threshold } = props;
  const { name, rule } = threshold;
  const unit = t(UNITS[name].word);
  const low = String(shown(name, threshold.low));
  const high = String(shown(name, threshold.high));
  return (
    <div className={classes.row}>
      <label htmlFor={id}>{t(name)}</label>
      <NumberInput
        id={id}
        value={props.value}
        onChange={props.onChange}
        suffix={` ${unit}`}
        hideControls
        disabled={!props.mayEdit}
        error={props.isValid ? null : t("between", { low, high })}
      />
      <div className={classes.facts}>
        <span>{t("usual", { value: `${shown(name, threshold.default)} ${unit}` })}</span>
        {rule === null ? (
          <span>{t("ruleOff")}</span>
        ) : (
          <Link to="/alerts/rules" search={{ text: rule.name }}>
            {t("rule", { name: rule.name })}
          </Link>
        )}
        {rule !== null && rule.source !== "default" && <span>{t("ownNumber")}</span>}
        {rule !== null && <LookBack rule={rule} isChanged={props.isChanged} />}
      </div>
    </div>
  );
}

/** How often the rule, as it is in force, would have fired. */
function LookBack(props: { rule: OwnerRule; isChanged: boolean }) {
  const t = useThresholdStrings();
  const project = useProject();
  const { rule } = props;
  const [asked, setAsked] = useState("");
  const answer = useQuery({
    ...backtestQuery(project, `${rule.group}/${rule.name}`, DAYS),
    enabled: asked === rule.expr,
  });
  if (asked !== rule.expr)
    return (
      <Button
        size="compact-xs"
        variant="subtle"
        disabled={props.isChanged}
        title={props.isChanged ? t("saveFirst") : undefined}
        onClick={() => setAsked(rule.expr)}
      >
        {t("lookBack")}
      </Button>
    );
  if (answer.error) return <Problem error={answer.error} />;
  const found = answer.data;
  if (found === undefined) return <span>{t("looking")}</span>;
  return (
    <span className={classes.wide} role="status">
      {found.firing_count === 0
        ? t("neverFired")
        : t("fired", { count: found.firing_count, time: formatSpan(found.firing_s * 1000) })}
    </span>
  );
}
