import { Tooltip } from "@mantine/core";
import { Bot, User, X } from "lucide-react";
import type { Score } from "../../../api/types";
import { formatDateTime } from "../../../base/time";
import { formatScore } from "../../../model/scores";
import classes from "./Scores.module.css";
import { useScoreStrings } from "./strings";

/** A name and a value; who gave it, when and why on hover. */
export function ScoreChip(props: { score: Score; onRemove: (() => void) | undefined }) {
  const t = useScoreStrings();
  const { score } = props;
  const value = formatScore(score.value, { yes: t("yes"), no: t("no") });
  return (
    <span className={classes.chip} data-source={score.source}>
      <Tooltip multiline maw={420} label={<ScoreTooltip score={score} value={value} />} openDelay={150}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard reads the comment too */}
        <span className={classes.read} tabIndex={0}>
          {score.source === "person" && <User size={11} aria-label={t("person")} />}
          {score.source === "evaluator" && <Bot size={12} aria-label={t("evaluator")} />}
          <span className={classes.name}>{score.name}</span>
          <b className={classes.value}>{value}</b>
        </span>
      </Tooltip>
      {props.onRemove && (
        <button
          type="button"
          className={classes.remove}
          aria-label={t("remove", { name: score.name })}
          onClick={props.onRemove}
        >
          <X size={11} />
        </button>
      )}
    </span>
  );
}

function ScoreTooltip(props: { score: Score; value: string }) {
  const t = useScoreStrings();
  const { score } = props;
  return (
    <div className={classes.tooltip}>
      <b>
        {score.name} {props.value}
      </b>
      {score.comment && <p>{score.comment}</p>}
      <small>
        {[score.author, t(score.source), formatDateTime(score.timestamp)].filter(Boolean).join(" · ")}
      </small>
    </div>
  );
}
