import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import type { Evaluator } from "../../../api/evaluators";
import { ABSENT, formatCost, formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatDateTime } from "../../../base/time";
import { Lag } from "../list/Lag";
import { ScoreNames } from "../ScoreNames";
import classes from "./EvaluatorFacts.module.css";
import { useDetailStrings } from "./strings";

/** The numbers of an evaluator. */
export function EvaluatorFacts(props: { evaluator: Evaluator }) {
  const t = useDetailStrings();
  const language = useLanguage();
  const { evaluator } = props;
  const { state, spend } = evaluator;
  return (
    <dl className={classes.facts}>
      <Fact label={t("seeScores")}>
        <ScoreNames scores={evaluator.scores} />
      </Fact>
      <Fact label={t("scored")}>{formatCount(state.scored_count, language)}</Fact>
      <Fact label={t("empty")} hint={t("emptyHint")}>
        {formatCount(state.empty_count, language)}
      </Fact>
      <Fact label={t("failed")}>{formatCount(state.failed_count, language)}</Fact>
      <Fact label={t("lag")}>
        <Lag evaluator={evaluator} />
      </Fact>
      <Fact label={t("lastScored")}>{momentOf(state.last_scored_at)}</Fact>
      {evaluator.is_judge && (
        <>
          <Fact label={t("today")}>
            {formatCost(spend.today_usd)}
            {evaluator.budget_usd_per_day !== null && ` / ${formatCost(evaluator.budget_usd_per_day)}`}
          </Fact>
          <Fact label={t("month")}>{formatCost(spend.month_usd)}</Fact>
        </>
      )}
      {state.last_error && (
        <Fact label={`${t("lastError")} · ${momentOf(state.last_error_at)}`}>{state.last_error}</Fact>
      )}
    </dl>
  );
}

function Fact(props: { label: string; hint?: string; children: ReactNode }) {
  const { label, hint } = props;
  return (
    <div className={classes.fact}>
      <Tooltip label={hint} disabled={hint === undefined} multiline maw={320}>
        <dt>{label}</dt>
      </Tooltip>
      <dd>{props.children}</dd>
    </div>
  );
}

function momentOf(time: string | null): string {
  return time === null ? ABSENT : formatDateTime(time).slice(0, 19);
}
