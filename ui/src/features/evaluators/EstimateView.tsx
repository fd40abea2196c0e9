import type { Estimate } from "../../api/evaluators";
import { ABSENT, formatCost, formatCount, formatSpan } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import cards from "../../widgets/cards/cards.module.css";
import { useEstimateStrings } from "./estimateStrings";

/** How much would be judged, what it would cost, how long it would take. */
export function EstimateView(props: { estimate: Estimate; budget: number | null; hasTime?: boolean }) {
  const t = useEstimateStrings();
  const language = useLanguage();
  const { estimate, budget } = props;
  const { usd_expected: usd, usd_low: low, usd_high: high } = estimate;
  const isOver = usd !== null && budget !== null && usd > budget;
  const money = { usd: shown(usd), low: shown(low), high: shown(high) };
  const unknown = estimate.basis === "nothing" ? "noTraffic" : "unknown";
  return (
    <>
      <p className={cards.facts}>
        <b>{t("targets", { count: formatCount(estimate.judged_count, language) })}</b>
        {estimate.scored_count > 0 && (
          <span>{t("scored", { count: formatCount(estimate.scored_count, language) })}</span>
        )}
        <b>{estimate.basis === "free" ? t("free") : usd === null ? t(unknown) : t("cost", money)}</b>
        {props.hasTime && estimate.judged_count > 0 && (
          <span className="muted">{t("duration", { duration: formatSpan(estimate.seconds * 1000) })}</span>
        )}
      </p>
      {estimate.basis === "recent_calls" && <p className="muted">{t("recent_calls")}</p>}
      {estimate.basis === "prompts" && (
        <p className="muted">{t("prompts", { count: estimate.prompt_count })}</p>
      )}
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

function shown(usd: number | null): string {
  return formatCost(usd) ?? ABSENT;
}
