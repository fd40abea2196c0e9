import { useQuery } from "@tanstack/react-query";
import {
  type AnnotationQueue,
  agreementQuery,
  type Estimate,
  type PairAgreement,
  type ScoreAgreement,
} from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { ABSENT } from "../../../base/format";
import { ErrorState } from "../../../widgets/ErrorState";
import classes from "./detail.module.css";
import { useQueueDetailStrings } from "./strings";

/** The first of a pair where what reviewers say together is compared. */
const PEOPLE = "people";

/** How far reviewers agree with each other, and evaluators with them. */
export function Agreement(props: { queue: AnnotationQueue }) {
  const t = useQueueDetailStrings();
  const { queue } = props;
  const { review_count } = queue.progress;
  const answer = useQuery({
    ...agreementQuery(useProject(), queue.id),
    enabled: review_count > 0,
  });
  if (review_count === 0) return null;
  const told = (answer.data?.items ?? []).filter((one) => one.item_count > 0 || one.evaluators.length > 0);
  return (
    <section className={classes.section} aria-label={t("agreement")}>
      <h2 className={classes.heading}>{t("agreement")}</h2>
      {answer.error && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      <p className="muted" style={{ margin: 0 }}>
        {told.length > 0 ? t("agreementHint") : answer.isSuccess && t("noAgreement")}
      </p>
      {told.map((one) => (
        <OfScore key={one.config_id} score={one} />
      ))}
    </section>
  );
}

function OfScore(props: { score: ScoreAgreement }) {
  const t = useQueueDetailStrings();
  const { score } = props;
  const isNumeric = score.data_type === "numeric";
  const rows = [...score.pairs, ...score.evaluators];
  return (
    <>
      <h3 className={classes.subheading}>{score.name}</h3>
      {score.alpha.value !== null && (
        <p style={{ margin: 0 }}>
          {t("alpha")}: <Figure estimate={score.alpha} />
        </p>
      )}
      {rows.length > 0 && (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("pair")}</th>
                <th data-number>{t("both")}</th>
                <th data-number>{t("equal")}</th>
                <th data-number>{t("kappa")}</th>
                {isNumeric && <th data-number>{t("pearson")}</th>}
                {isNumeric && <th data-number>{t("difference")}</th>}
              </tr>
            </thead>
            <tbody>
              {rows.map((pair) => (
                <PairRow key={`${pair.first}\n${pair.second}`} pair={pair} isNumeric={isNumeric} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function PairRow(props: { pair: PairAgreement; isNumeric: boolean }) {
  const t = useQueueDetailStrings();
  const { pair } = props;
  const first = pair.first === PEOPLE ? t("people") : pair.first;
  return (
    <tr>
      <td style={{ overflowWrap: "anywhere" }}>{t("and", { first, second: pair.second })}</td>
      <td data-number>{pair.item_count}</td>
      <td data-number>{pair.raw.value === null ? ABSENT : `${(100 * pair.raw.value).toFixed(0)} %`}</td>
      <td data-number>
        <Figure estimate={pair.kappa} />
      </td>
      {props.isNumeric && (
        <td data-number>
          <Figure estimate={pair.pearson} />
        </td>
      )}
      {props.isNumeric && (
        <td data-number>
          <Figure estimate={pair.mean_difference} />
        </td>
      )}
    </tr>
  );
}

function Figure(props: { estimate: Estimate }) {
  const { value, low, high } = props.estimate;
  if (value === null) return ABSENT;
  return (
    <>
      <b>{value.toFixed(2)}</b>
      {low !== null && high !== null && (
        <span className={classes.interval}>
          {low.toFixed(2)} … {high.toFixed(2)}
        </span>
      )}
    </>
  );
}
