import { Link } from "@tanstack/react-router";
import { CircleAlert, ExternalLink } from "lucide-react";
import { useMemo } from "react";
import type { Turn } from "../../api/sessions";
import { formatCompact, formatDuration } from "../../base/format";
import { formatDateTime, formatTime } from "../../base/time";
import { chatOf } from "../../model/traceMessages";
import { Cost } from "../../widgets/Cost";
import { ChatMessageView } from "../trace/panel/ChatMessageView";
import { Fold } from "../trace/panel/Fold";
import { TextView } from "../trace/panel/TextView";
import { Scores } from "../trace/scores/Scores";
import classes from "./Session.module.css";
import { StepView } from "./StepView";
import { useSessionStrings } from "./strings";

/** A question, what was done, the answer, and what it took. */
export function TurnView(props: {
  turn: Turn;
  number: number;
  /** The turn before, where it is loaded. */
  before: Turn | undefined;
}) {
  const t = useSessionStrings();
  const { turn, before } = props;
  const { trace } = turn;
  const question = useMemo(() => messagesOf(turn, "question"), [turn]);
  const answer = useMemo(() => messagesOf(turn, "answer"), [turn]);
  const isFirst = props.number === 1;
  const hasNewSystem =
    turn.system !== null && (isFirst || (before !== undefined && before.system !== turn.system));
  const ofTrace = turn.scores.filter((score) => score.span_id === null);
  const isSilent = turn.question === null && turn.answer === null && turn.steps.length === 0;
  return (
    <article
      className={classes.turn}
      aria-label={t("turn", { number: props.number })}
      data-error={trace.status === "error" || undefined}
    >
      <header className={classes.turnHead}>
        <span className={classes.turnNumber}>{props.number}</span>
        <time dateTime={trace.start_time} title={formatDateTime(trace.start_time)}>
          {formatTime(trace.start_time, Date.now())}
        </time>
        <Link
          to="/traces/$traceId"
          params={{ traceId: trace.trace_id }}
          className={classes.traceLink}
          title={t("openTrace")}
        >
          <span className="cut">{trace.name}</span> <ExternalLink size={11} aria-hidden />
        </Link>
        <span className={classes.turnNumbers}>
          <span>{formatDuration(trace.duration_ms)}</span>
          <span>{formatCompact(trace.total_tokens)}</span>
          <Cost usd={trace.cost_usd} unpricedCount={trace.unpriced_count} />
        </span>
      </header>
      {hasNewSystem && turn.system !== null && (
        <Fold title={isFirst ? t("instructions") : t("newInstructions")} preview={turn.system}>
          <TextView text={turn.system} />
        </Fold>
      )}
      {isFirst && turn.earlier_count > 0 && (
        <p className={classes.note}>{t("earlier", { count: turn.earlier_count })}</p>
      )}
      {question.map((message) => (
        <div key="question" className={classes.asked}>
          <ChatMessageView message={message} />
        </div>
      ))}
      {turn.steps.length > 0 && (
        <div className={classes.steps}>
          {turn.steps.map((step, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a call may be told without an id
            <StepView key={place} step={step} traceId={trace.trace_id} />
          ))}
          {turn.is_steps_cut && <p className={classes.note}>{t("cutSteps")}</p>}
        </div>
      )}
      {answer.map((message) => (
        <div key="answer" className={classes.answered}>
          <ChatMessageView message={message} />
        </div>
      ))}
      {turn.error_message && (
        <div className={classes.failure} role="alert">
          <CircleAlert size={14} aria-hidden />
          <TextView text={turn.error_message} isPlain />
        </div>
      )}
      {isSilent && !turn.error_message && <p className={classes.note}>{t("silent")}</p>}
      <footer className={classes.turnFoot}>
        <Scores trace={trace} spanId={null} scores={ofTrace} known={turn.scores} />
      </footer>
    </article>
  );
}

function messagesOf(turn: Turn, side: "question" | "answer") {
  const message = turn[side];
  if (message === null) return [];
  const sides = { input_messages: null, output_messages: null, tool_calls: null };
  const key = side === "question" ? "input_messages" : "output_messages";
  return chatOf({ ...sides, [key]: [message] });
}
