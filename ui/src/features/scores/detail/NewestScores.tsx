import { Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { newestScoresQuery, type ScoreSelection } from "../../../api/scores";
import type { Score } from "../../../api/types";
import { formatTime } from "../../../base/time";
import { formatScore } from "../../../model/scores";
import { Problem } from "../../../widgets/cards/Problem";
import classes from "../parts/scores.module.css";
import { useScoresStrings } from "../strings";

const SHOWN = 50;
const LOOKED_AT = 200;
const ID_SHOWN = 12;

/** Single scores with the way to their traces. */
export function NewestScores(props: {
  scope: ScoreSelection;
  of: { name: string; data_type: string };
  isLow: boolean;
  onLow: (isLow: boolean) => void;
}) {
  const t = useScoresStrings();
  const { isLow } = props;
  const newest = useQuery(newestScoresQuery(props.scope, props.of, isLow ? LOOKED_AT : SHOWN));
  const scores = useMemo(() => {
    const items = newest.data?.items ?? [];
    return isLow ? [...items].sort((a, b) => worthOf(a) - worthOf(b)).slice(0, SHOWN) : items;
  }, [newest.data, isLow]);
  const words = { yes: "true", no: "false" };
  return (
    <section className={classes.panel}>
      <div className={classes.head}>
        <h2>{t("newest")}</h2>
        <Checkbox
          size="xs"
          label={t("lowest")}
          title={t("lowestHint")}
          checked={isLow}
          onChange={(event) => props.onLow(event.currentTarget.checked)}
        />
        {props.scope.filter !== "" && <small className="muted">{t("notFiltered")}</small>}
      </div>
      <Problem error={newest.error} />
      <div className={classes.scroll}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th>{t("given")}</th>
              <th>{t("value")}</th>
              <th>{t("by_")}</th>
              <th>{t("comment")}</th>
              <th>{t("trace")}</th>
            </tr>
          </thead>
          <tbody>
            {scores.map((score) => (
              <tr key={score.id}>
                <td className={classes.time}>{formatTime(score.timestamp, Date.now())}</td>
                <td>
                  <b>{formatScore(score.value, words)}</b>
                </td>
                <td>{score.author ?? t(score.source)}</td>
                <td className={classes.words} title={score.comment ?? undefined}>
                  {score.comment}
                </td>
                <td>
                  {score.trace_id && (
                    <Link
                      to="/traces/$traceId"
                      params={{ traceId: score.trace_id }}
                      search={score.span_id ? { span: score.span_id } : {}}
                    >
                      {score.trace_id.slice(0, ID_SHOWN)}
                    </Link>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** What is not known to be good or bad comes last. */
function worthOf(score: Score): number {
  if (score.quality !== null) return score.quality;
  return typeof score.value === "string" ? Number.POSITIVE_INFINITY : Number(score.value);
}
