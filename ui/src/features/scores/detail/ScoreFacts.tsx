import type { Difference, Estimate, ScoreStatistics } from "../../../api/scores";
import { formatCompact, formatCount, formatPercent } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatNumber } from "../../../model/estimates";
import { ChangeText } from "../parts/ChangeText";
import { EstimateText } from "../parts/EstimateText";
import classes from "../parts/scores.module.css";
import { useScoresStrings } from "../strings";

/** The numbers of the whole range. */
export function ScoreFacts(props: { statistics: ScoreStatistics }) {
  const t = useScoresStrings();
  const language = useLanguage();
  const { total, data_type } = props.statistics;
  const isShare = data_type === "boolean";
  const population = total.population.value;
  return (
    <section className={classes.facts}>
      {data_type !== "categorical" && (
        <Fact
          label={isShare ? t("share") : t("mean")}
          estimate={total.mean}
          change={total.change?.mean ?? null}
          isShare={isShare}
        />
      )}
      {total.quality.value !== null && (
        <Fact label={t("quality")} estimate={total.quality} change={total.change?.quality ?? null} />
      )}
      {total.shares.slice(0, 4).map(({ category, share }, place) => (
        <Fact
          key={category}
          label={category}
          estimate={share}
          change={total.change?.shares[place]?.share ?? null}
          isShare
        />
      ))}
      <div className={classes.fact}>
        <small>{t("count")}</small>
        <b>{formatCount(total.count, language)}</b>
        <small>
          {population !== null &&
            t("population", {
              count: formatCompact(Math.round(population)),
              judged: formatPercent(total.sampled_share),
            })}
        </small>
      </div>
      {total.quantiles.length > 0 && (
        <div className={classes.fact}>
          <small>{t("quantiles")}</small>
          <span>
            {total.quantiles
              .map((one) => `p${Math.round(one.level * 100)} ${formatNumber(one.value)}`)
              .join(" · ")}
          </span>
        </div>
      )}
    </section>
  );
}

function Fact(props: { label: string; estimate: Estimate; change: Difference | null; isShare?: boolean }) {
  return (
    <div className={classes.fact}>
      <small>{props.label}</small>
      <b>
        <EstimateText estimate={props.estimate} isShare={props.isShare ?? false} />
      </b>
      {props.change !== null && props.change.value !== null && (
        <small>
          <ChangeText change={props.change} isShare={props.isShare ?? false} />
        </small>
      )}
    </div>
  );
}
