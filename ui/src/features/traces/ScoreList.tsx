import type { Trace } from "../../api/types";
import { formatScore } from "../../model/scores";
import classes from "./ScoreList.module.css";
import type { ListTranslate } from "./strings";

/** A trace's scores, as many as fit: the value first, which says most where the name is cut off. */
export function ScoreList(props: { scores: Trace["scores"]; t: ListTranslate }) {
  const words = { yes: props.t("yes"), no: props.t("no") };
  const scores = Object.entries(props.scores).map(
    ([name, value]) => [name, formatScore(value, words)] as const,
  );
  return (
    <span className={classes.list} title={scores.map(([name, value]) => `${name} ${value}`).join("\n")}>
      {scores.map(([name, value]) => (
        <span key={name} className={classes.score}>
          {value} <span className="muted">{name}</span>
        </span>
      ))}
    </span>
  );
}
