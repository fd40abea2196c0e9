import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { costChangeQuery } from "../../api/cost";
import type { Selection } from "../../api/queries";
import { formatCost, formatPercent } from "../../base/format";
import type { TimeRange } from "../../base/time";
import { ErrorState } from "../../widgets/ErrorState";
import classes from "./cost.module.css";
import { useCostStrings } from "./strings";
import { type Step, waterfallSteps } from "./waterfall";

/** From the comparison period's cost to this one's, by what moved it. */
export function Waterfall(props: { selection: Selection; compare: TimeRange | null }) {
  const t = useCostStrings();
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2 title={t("whyHelp")}>{t("why")}</h2>
      </div>
      {props.compare === null ? (
        <p className="muted">{t("noCompare")}</p>
      ) : (
        <Steps selection={props.selection} compare={props.compare} />
      )}
    </section>
  );
}

function Steps(props: { selection: Selection; compare: TimeRange }) {
  const t = useCostStrings();
  const answer = useQuery(costChangeQuery(props.selection, props.compare));
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Skeleton height={180} />;
  const change = answer.data;
  const isPartly = (change.before_unpriced_share ?? 0) + (change.after_unpriced_share ?? 0) > 0;
  return (
    <>
      <ol className={classes.steps}>
        {waterfallSteps(change).map((step) => (
          <StepRow key={step.name} step={step} />
        ))}
      </ol>
      {isPartly && (
        <p className={classes.warn}>
          {t("coverageChanged", {
            before: formatPercent(change.before_unpriced_share),
            after: formatPercent(change.after_unpriced_share),
          })}
        </p>
      )}
    </>
  );
}

function StepRow(props: { step: Step }) {
  const t = useCostStrings();
  const { name, usd, left, width } = props.step;
  const isEnd = name === "before" || name === "after";
  const tone = isEnd ? undefined : usd > 0 ? "up" : "down";
  const sign = !isEnd && usd > 0 ? "+" : usd < 0 ? "−" : "";
  return (
    <li className={classes.step}>
      <span>{isEnd ? t(name) : t(`effect_${name}`)}</span>
      <span className={classes.track} aria-hidden>
        <span
          className={classes.bar}
          data-tone={tone}
          style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
        />
      </span>
      <b title={`$${usd}`}>
        {sign}
        {formatCost(Math.abs(usd) < 1e-12 ? 0 : Math.abs(usd))}
      </b>
    </li>
  );
}
