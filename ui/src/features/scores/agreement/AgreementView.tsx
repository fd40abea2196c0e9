import type { ReactNode } from "react";
import type { Agreeing, Estimate, ScoreAgreement, Strength } from "../../../api/scores";
import { formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatNumber } from "../../../model/estimates";
import { EstimateText } from "../parts/EstimateText";
import classes from "../parts/scores.module.css";
import type { Side } from "../search";
import { type ScoresTranslate, useScoresStrings } from "../strings";
import { ConfusionTable } from "./ConfusionTable";
import { Disagreements } from "./Disagreements";

/** What there is to say of the pairs. */
export function AgreementView(props: { agreement: ScoreAgreement; first: Side; second: Side }) {
  const t = useScoresStrings();
  const language = useLanguage();
  const { agreement } = props;
  const { numbers, categories, passed } = agreement;
  const sides = { first: nameOf(props.first, props.second), second: nameOf(props.second, props.first) };
  const threshold = formatNumber(agreement.threshold);
  const labelled: Record<string, string> = { below: t("below"), reached: t("reached") };
  return (
    <>
      <div className={classes.facts}>
        <div className={classes.fact}>
          <small>{agreement.is_cut ? t("pairsCut") : "\u00a0"}</small>
          <b>{t("pairs", { count: formatCount(agreement.pairs, language) })}</b>
        </div>
        {numbers && (
          <>
            <Fact label={t("pearson")} estimate={numbers.pearson} />
            <Fact label={t("spearman")} estimate={numbers.spearman} />
            <Fact
              label={`${t("difference")}${numbers.scale === "quality" ? ` (${t("onQuality")})` : ""}`}
              estimate={numbers.mean_difference}
            />
            <Fact label={t("absolute")} estimate={numbers.mean_absolute_difference} />
          </>
        )}
      </div>
      <div className={classes.sides}>
        {categories && (
          <Kappas title={numbers ? t("levels") : t("categories")} found={categories}>
            <ConfusionTable found={categories} {...sides} />
          </Kappas>
        )}
        {passed && (
          <Kappas title={t("passed", { threshold })} found={passed}>
            <ConfusionTable
              found={{ ...passed, labels: passed.labels.map((label) => labelled[label] ?? label) }}
              {...sides}
            />
          </Kappas>
        )}
      </div>
      <Disagreements items={agreement.disagreements} {...sides} />
    </>
  );
}

function Kappas(props: { title: string; found: Agreeing; children: ReactNode }) {
  const t = useScoresStrings();
  const { found } = props;
  return (
    <section className={classes.panel}>
      <div className={classes.head}>
        <h2>{props.title}</h2>
      </div>
      <div className={classes.facts}>
        <Fact label={t("kappa")} estimate={found.kappa} note={found.strength && wordOf(found.strength, t)} />
        {found.kappa_linear && <Fact label={t("kappaLinear")} estimate={found.kappa_linear} />}
        {found.kappa_quadratic && <Fact label={t("kappaQuadratic")} estimate={found.kappa_quadratic} />}
        <Fact label={t("raw")} estimate={found.agreement} isShare />
      </div>
      {found.kappa.value === null && <p className="muted">{t("kappaNone")}</p>}
      {props.children}
    </section>
  );
}

function Fact(props: { label: string; estimate: Estimate; isShare?: boolean; note?: string | null }) {
  return (
    <div className={classes.fact}>
      <small>{props.label}</small>
      <b>
        <EstimateText estimate={props.estimate} isShare={props.isShare ?? false} />
      </b>
      {props.note && <small>{props.note}</small>}
    </div>
  );
}

function wordOf(strength: Strength, t: ScoresTranslate): string {
  return strength === "almost perfect" ? t("almostPerfect") : t(strength);
}

/** As much of a side as tells it from the other. */
function nameOf(side: Side, other: Side): string {
  const whose = side.author || side.source;
  if (side.name !== other.name) return side.name;
  return whose === "" ? side.name : `${side.name} (${whose})`;
}
