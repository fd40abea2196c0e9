import { Link } from "@tanstack/react-router";
import type { Trial, TriedCall } from "../../../api/evaluators";
import { ABSENT, formatCompact, formatCost, formatDuration } from "../../../base/format";
import { CodeBlock } from "../../../widgets/CodeBlock";
import cards from "../../../widgets/cards/cards.module.css";
import { useTryStrings } from "./strings";
import classes from "./TryPanel.module.css";

/** Scores first, then what they were made of. */
export function TryResult(props: { trial: Trial }) {
  const t = useTryStrings();
  const { trial } = props;
  const { target } = trial;
  return (
    <div aria-live="polite">
      {trial.problem && (
        <p className={cards.text} role="alert">
          <b>{trial.problem}</b> <span className="muted">{trial.hint}</span>
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
        {trial.calls.length > 0 && <b>{formatCost(trial.cost_usd) ?? ABSENT}</b>}
        {trial.judge_trace_id && (
          <Link
            to="/traces/$traceId"
            params={{ traceId: trial.judge_trace_id }}
            search={{ project: trial.judge_project ?? undefined }}
          >
            {t("judgeTrace")}
          </Link>
        )}
      </p>
      <details>
        <summary>{t("seen")}</summary>
        <Text label={t("question")} text={target.input} />
        <Text label={t("answer")} text={target.output} />
        {target.reference && <Text label={t("reference")} text={target.reference} />}
        {target.documents.length > 0 && (
          <Text
            label={t("documents", { count: target.documents.length })}
            text={target.documents
              .map(({ id, content }) => (id ? `[${id}] ${content}` : content))
              .join("\n\n")}
          />
        )}
      </details>
      {trial.calls.map((call, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: calls have no name, and never change
        <TriedCallView key={index} call={call} />
      ))}
    </div>
  );
}

function TriedCallView(props: { call: TriedCall }) {
  const t = useTryStrings();
  const { call } = props;
  const tokens = { input: formatCompact(call.input_tokens), output: formatCompact(call.output_tokens) };
  return (
    <>
      <p className={cards.facts}>
        <span className="mono">{call.model}</span>
        <span>{t("tokens", tokens)}</span>
        <span>{formatDuration(call.duration_ms)}</span>
        {call.problem && <span>{call.problem}</span>}
      </p>
      <details>
        <summary>{t("prompt")}</summary>
        <Text label={t("system")} text={call.system} />
        <Text label={t("user")} text={call.prompt} />
      </details>
      {call.answer && (
        <details>
          <summary>{t("raw")}</summary>
          <CodeBlock code={call.answer} />
        </details>
      )}
    </>
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
