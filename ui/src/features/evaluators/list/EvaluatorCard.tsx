import { Progress } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Evaluator } from "../../../api/evaluators";
import { formatCompact, formatCost } from "../../../base/format";
import classes from "../../../widgets/cards/cards.module.css";
import { EvaluatorActions } from "../EvaluatorActions";
import { Scope } from "../Scope";
import { ScoreNames } from "../ScoreNames";
import { StatusBadge } from "../StatusBadge";
import { Lag } from "./Lag";
import { useListStrings } from "./strings";

const TONES: Partial<Record<Evaluator["state"]["status"], string>> = {
  failing: "bad",
  invalid: "bad",
  over_budget: "warning",
  paused: "quiet",
};

export function EvaluatorCard(props: { evaluator: Evaluator }) {
  const t = useListStrings();
  const { evaluator } = props;
  const { state } = evaluator;
  return (
    <article className={classes.card} data-tone={TONES[state.status]}>
      <header className={classes.head}>
        <h2 className={classes.name}>
          <Link to="/evaluators/$evaluatorId" params={{ evaluatorId: evaluator.id }}>
            {evaluator.name}
          </Link>
        </h2>
        <StatusBadge status={state.status} reason={state.reason} />
        <Scope evaluator={evaluator} />
        <span className={classes.end}>
          <EvaluatorActions evaluator={evaluator} />
        </span>
      </header>
      {state.reason && <p className={classes.text}>{state.reason}</p>}
      <p className={classes.facts}>
        <span>
          {t("gives")} <ScoreNames scores={evaluator.scores} />
        </span>
        <span>{t("scored", { count: formatCompact(state.scored_count) })}</span>
        {state.failed_count > 0 && <span>{t("failed", { count: formatCompact(state.failed_count) })}</span>}
        <Lag evaluator={evaluator} />
      </p>
      {evaluator.is_judge && <Spend evaluator={evaluator} />}
    </article>
  );
}

function Spend(props: { evaluator: Evaluator }) {
  const t = useListStrings();
  const { spend, budget_usd_per_day: budget } = props.evaluator;
  const spent = formatCost(spend.today_usd);
  const text =
    budget === null ? t("spentNoBudget", { spent }) : t("spent", { spent, budget: formatCost(budget) });
  return (
    <>
      {budget !== null && budget > 0 && (
        <Progress
          mt={8}
          size="sm"
          value={Math.min(100, (spend.today_usd / budget) * 100)}
          color={spend.today_usd >= budget ? "orange" : "glass"}
          aria-label={text}
        />
      )}
      <p className={classes.facts}>
        <b>{text}</b>
        <span className="muted">{t("month", { usd: formatCost(spend.month_usd) })}</span>
        {spend.unpriced_calls > 0 && (
          <span className={classes.badge} data-tone="warning">
            {t("unpriced", { count: spend.unpriced_calls })}
          </span>
        )}
      </p>
    </>
  );
}
