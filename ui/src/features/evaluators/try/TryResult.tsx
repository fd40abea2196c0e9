import type { Trial } from "../../../api/evaluators";
import { ABSENT, formatCompact, formatCost, formatDuration } from "../../../base/format";
import { CodeBlock } from "../../../widgets/CodeBlock";
import cards from "../../../widgets/cards/cards.module.css";
import { useTryStrings } from "./strings";
import classes from "./TryPanel.module.css";

/** Scores first, then what they were made of. */
export function TryResult(props: { trial: Trial }) {
  const t = useTryStrings();
  const { trial } = props;
  const { usage, prompt, target } = trial;
  return (
    <div aria-live="polite">
      {trial.problem && (
        <p className={cards.text} role="alert">
          <span className={cards.badge} data-tone="bad">
            {trial.problem.message}
          </span>{" "}
          <span className="muted">{trial.problem.hint}</span>
        </p>
      )}
      {trial.scores.map((score) => (
        <p key={score.name} className={classes.score}>
          <b>
            {score.name} {String(score.value)}
          </b>
          <span>{score.comment}</span>
        </p>
      ))}
      {trial.scores.length === 0 && trial.problem === null && <p>{t("noScore")}</p>}
      <p className={cards.facts}>
        <span>{t("took", { duration: formatDuration(trial.duration_ms) })}</span>
        {usage && (
          <span>
            {t("tokens", {
              input: formatCompact(usage.input_tokens),
              output: formatCompact(usage.output_tokens),
            })}
          </span>
        )}
        {trial.prompt && <b>{formatCost(trial.cost_usd) ?? ABSENT}</b>}
      </p>
      <details>
        <summary>{t("seen")}</summary>
        <Text label={t("question")} text={target.input} />
        <Text label={t("answer")} text={target.output} />
        {target.reference && <Text label={t("reference")} text={target.reference} />}
        {target.documents.length > 0 && (
          <Text
            label={t("documents", { count: target.documents.length })}
            text={target.documents.map(({ id, content }) => `[${id}] ${content}`).join("\n\n")}
          />
        )}
      </details>
      {prompt && (
        <details>
          <summary>{t("prompt")}</summary>
          <Text label={t("system")} text={prompt.system} />
          <Text label={t("user")} text={prompt.user} />
        </details>
      )}
      {trial.answer && (
        <details>
          <summary>{t("raw")}</summary>
          <CodeBlock code={trial.answer} />
        </details>
      )}
    </div>
  );
}

function Text(props: { label: string; text: string }) {
  return (
    <>
      <h4 className={classes.label}>{props.label}</h4>
      <pre className={classes.text}>{props.text || ABSENT}</pre>
    </>
  );
}
