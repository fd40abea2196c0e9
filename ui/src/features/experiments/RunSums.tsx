import { Link } from "@tanstack/react-router";
import type { Comparison, PairedScore } from "../../api/experiments";
import { formatCost, formatDuration } from "../../base/format";
import { formatDateTime } from "../../base/time";
import cards from "../../widgets/cards/cards.module.css";
import classes from "../datasets/DatasetFrame.module.css";
import { Difference } from "./Difference";
import { ScoreMean } from "./ExperimentList";
import { formatDifference, formatP, isCertain } from "./numbers";
import { useExperimentStrings } from "./strings";

/** What each experiment came to, and how it stands against the baseline. */
export function RunSums(props: { comparison: Comparison }) {
  const t = useExperimentStrings();
  const { comparison } = props;
  const paired = new Map(comparison.comparisons.map((one) => [one.experiment_id, one.scores]));
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th>{t("name")}</th>
            <th>{t("scores")}</th>
            {comparison.experiments.length > 1 && <th>{t("sums")}</th>}
            <th data-number>{t("items")}</th>
            <th data-number>{t("errors")}</th>
            <th data-number>{t("latency")}</th>
            <th data-number>{t("cost")}</th>
          </tr>
        </thead>
        <tbody>
          {comparison.experiments.map((one) => (
            <tr key={one.id}>
              <td style={{ minWidth: 160, overflowWrap: "anywhere" }}>
                <b>{one.name}</b>{" "}
                {one.id === comparison.baseline && comparison.experiments.length > 1 && (
                  <span className={cards.badge}>{t("isBaseline")}</span>
                )}
                <div className="muted">
                  {one.dataset_name && (
                    <Link to="/datasets/$name" params={{ name: one.dataset_name }}>
                      {one.dataset_name}
                    </Link>
                  )}{" "}
                  {one.dataset_version &&
                    t("version", { time: formatDateTime(one.dataset_version).slice(0, 16) })}
                </div>
                {one.description && <div className="muted">{one.description}</div>}
                {one.metadata !== null && (
                  <div className="mono muted" style={{ fontSize: 11.5 }}>
                    {JSON.stringify(one.metadata)}
                  </div>
                )}
              </td>
              <td>
                {one.scores.map((score) => (
                  <ScoreMean key={score.name} score={score} />
                ))}
              </td>
              {comparison.experiments.length > 1 && (
                <td>
                  {(paired.get(one.id) ?? [])
                    .filter((score) => score.pairs > 0)
                    .map((score) => (
                      <Paired key={score.name} score={score} />
                    ))}
                </td>
              )}
              <td data-number>{one.item_count}</td>
              <td data-number className={one.error_count > 0 ? classes.worse : undefined}>
                {one.error_count}
              </td>
              <td data-number>{formatDuration(one.latency_p50_ms)}</td>
              <td data-number>{formatCost(one.cost_usd) ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Paired(props: { score: PairedScore }) {
  const t = useExperimentStrings();
  const { score } = props;
  const certain = isCertain(score);
  const about = [
    score.low !== null &&
      score.high !== null &&
      t("difference", {
        pairs: String(score.pairs),
        low: formatDifference(score.low),
        high: formatDifference(score.high),
      }),
    score.sign_p_value !== null && t("signTest", { p: formatP(score.sign_p_value) }),
    score.scale === "quality" && t("byQuality"),
  ].filter(Boolean);
  return (
    <div title={about.join(" · ")} style={{ whiteSpace: "nowrap" }}>
      {score.name} <Difference value={score.difference} title={about.join(" · ")} />{" "}
      <span className="muted">
        {t("wins", {
          wins: String(score.wins),
          losses: String(score.losses),
          ties: String(score.ties),
        })}
        {certain !== null && ` · ${certain ? t("certain") : t("uncertain")}`}
      </span>
    </div>
  );
}
