import type { Estimate } from "../../api/evaluators";
import { formatCost, formatCount, formatSpan } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import cards from "../../widgets/cards/cards.module.css";
import { useEstimateStrings } from "./estimateStrings";

/** How much would be judged, what it would cost, how long it would take. */
export function EstimateView(props: { estimate: Estimate; budget: number | null; hasTime?: boolean }) {
  const t = useEstimateStrings();
  const language = useLanguage();
  const { estimate, budget } = props;
  const { usd } = estimate;
  const isOver = usd !== null && budget !== null && usd.expected > budget;
  return (
    <>
      <p className={cards.facts}>
        <b>{t("targets", { count: formatCount(estimate.target_count, language) })}</b>
        {estimate.scored_count > 0 && (
          <span>{t("scored", { count: formatCount(estimate.scored_count, language) })}</span>
        )}
        <b>{usd === null ? t("unknown") : usd.high === 0 ? t("free") : t("cost", moneyOf(usd))}</b>
        {props.hasTime && estimate.seconds !== null && (
          <span className="muted">{t("duration", { duration: formatSpan(estimate.seconds * 1000) })}</span>
        )}
      </p>
      {isOver && (
        <p className={cards.text} role="alert">
          <span className={cards.badge} data-tone="warning">
            {t("overBudget", { budget: formatCost(budget) })}
          </span>
        </p>
      )}
    </>
  );
}

function moneyOf(usd: { low: number; expected: number; high: number }) {
  return { usd: formatCost(usd.expected), low: formatCost(usd.low), high: formatCost(usd.high) };
}
