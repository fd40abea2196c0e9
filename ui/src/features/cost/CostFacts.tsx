import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { CostBreakdown } from "../../api/cost";
import { formatCompact, formatCost, formatCount, formatPercent } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { Cost } from "../../widgets/Cost";
import { ChangeText } from "./ChangeText";
import classes from "./cost.module.css";
import { useCostStrings } from "./strings";

/** What all calls come to, and the part of them that none of it contains. */
export function CostFacts(props: { total: CostBreakdown["total"] }) {
  const t = useCostStrings();
  const language = useLanguage();
  const { total } = props;
  const { previous, cache, unpriced_count: unpriced } = total;
  return (
    <dl className={classes.facts}>
      <Fact label={t("total")}>
        <span className={classes.big}>
          <Cost usd={total.cost_usd} unpricedCount={unpriced} />
        </span>{" "}
        <ChangeText now={total.cost_usd} before={previous?.cost_usd} />
      </Fact>
      <Fact label={t("per1000")}>
        <span className={classes.big}>
          <Cost usd={total.cost_per_1000_traces_usd} unpricedCount={unpriced} />
        </span>{" "}
        <ChangeText now={total.cost_per_1000_traces_usd} before={previous?.cost_per_1000_traces_usd} />
      </Fact>
      <Fact label={t("perTrace")}>
        <Cost usd={total.cost_per_trace_usd} unpricedCount={unpriced} />
      </Fact>
      <Fact label={t("requests")}>
        {formatCount(total.trace_count, language)}{" "}
        <ChangeText now={total.trace_count} before={previous?.trace_count} isNeutral />
        <div className={classes.small}>
          {formatCount(total.call_count, language)} {t("calls")}
        </div>
      </Fact>
      <Fact label={t("tokens")}>
        <span title={formatCount(total.total_tokens, language)}>{formatCompact(total.total_tokens)}</span>{" "}
        <ChangeText now={total.total_tokens} before={previous?.total_tokens} isNeutral />
      </Fact>
      <Fact label={t("saved")} title={t("savedHelp")}>
        {formatCost(cache.saved_usd)}
        <div className={classes.small}>
          {cache.hit_ratio !== null && t("hitRatio", { share: formatPercent(cache.hit_ratio) })}
          {cache.unknown_count > 0 &&
            ` · ${t("savedUnknown", { count: formatCount(cache.unknown_count, language) })}`}
        </div>
      </Fact>
      <Fact label={t("unpriced")} title={t("unpricedHelp")}>
        <span className={unpriced > 0 ? classes.warn : undefined}>
          {formatCount(unpriced, language)} · {formatPercent(total.unpriced_share)}
        </span>
        {unpriced > 0 && (
          <div className={classes.small}>
            <Link to="/cost/prices">{t("setPrices")}</Link>
          </div>
        )}
      </Fact>
    </dl>
  );
}

function Fact(props: { label: string; title?: string; children: ReactNode }) {
  return (
    <div className={classes.fact} title={props.title}>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
