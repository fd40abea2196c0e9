import { Kbd, Textarea, TextInput } from "@mantine/core";
import { type KeyboardEvent, type RefObject, useRef } from "react";
import type { AnswerValue, AskedScore } from "../../../api/queues";
import { type Question, typedNumber } from "../../../model/reviewQuestions";
import classes from "./Review.module.css";
import { useReviewStrings } from "./strings";

type QuestionProps = {
  question: Question;
  place: number;
  isActive: boolean;
  isMissing: boolean;
  answer: AnswerValue | undefined;
  typed: string;
  onActivate: () => void;
  onAnswer: (value: AnswerValue | undefined, typed: string) => void;
  onTextKey: (event: KeyboardEvent) => void;
};

/** One score: buttons with their keys, or a field to type in. */
export function ScoreQuestion(props: QuestionProps) {
  const { question } = props;
  const { score } = question;
  return (
    <fieldset
      className={classes.question}
      aria-labelledby={`score-${props.place}`}
      data-active={props.isActive || undefined}
      data-missing={props.isMissing || undefined}
      data-question={props.place}
      onFocus={props.onActivate}
    >
      <div className={classes.questionName} id={`score-${props.place}`}>
        {score.name}
      </div>
      {score.description && <p className={classes.questionHelp}>{score.description}</p>}
      {question.choices.length > 0 ? <Choices {...props} /> : <Typed {...props} />}
    </fieldset>
  );
}

function Choices(props: QuestionProps) {
  const { question, answer } = props;
  const group = useRef<HTMLDivElement>(null);
  const chosen = question.choices.findIndex((choice) => choice.value === answer);
  const onKey = (event: KeyboardEvent, place: number) => {
    const step = { " ": 0, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const choice =
      step === undefined ? undefined : question.choices.at((place + step) % question.choices.length);
    if (choice === undefined) return;
    event.preventDefault();
    props.onAnswer(choice.value, "");
    group.current?.querySelectorAll<HTMLElement>("[role=radio]")[question.choices.indexOf(choice)]?.focus();
  };
  return (
    <div ref={group} className={classes.choices} role="radiogroup" aria-labelledby={`score-${props.place}`}>
      {question.choices.map((choice, place) => (
        // No buttons, which Enter would press instead of going on.
        <div
          key={choice.label}
          role="radio"
          aria-checked={place === chosen}
          tabIndex={place === Math.max(0, chosen) ? 0 : -1}
          className={classes.choice}
          onClick={() => props.onAnswer(choice.value, "")}
          onKeyDown={(event) => onKey(event, place)}
        >
          <span className={classes.choiceLabel}>{choice.label}</span>
          {choice.key !== "" && choice.key !== choice.label && <Kbd size="xs">{choice.key}</Kbd>}
        </div>
      ))}
    </div>
  );
}

function Typed(props: QuestionProps) {
  const t = useReviewStrings();
  const { score } = props.question;
  if (score.data_type === "text")
    return (
      <Textarea
        size="xs"
        aria-labelledby={`score-${props.place}`}
        autosize
        maxRows={8}
        value={typeof props.answer === "string" ? props.answer : ""}
        onChange={(event) => props.onAnswer(event.currentTarget.value || undefined, "")}
        onKeyDown={props.onTextKey}
      />
    );
  const isWrong = props.typed.trim() !== "" && typedNumber(props.typed, score) === null;
  return (
    <TextInput
      aria-labelledby={`score-${props.place}`}
      inputMode="decimal"
      placeholder={rangeOf(score, t)}
      error={isWrong && t("notNumber")}
      value={props.typed}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        props.onAnswer(typedNumber(typed, score) ?? undefined, typed);
      }}
      onKeyDown={props.onTextKey}
    />
  );
}

function rangeOf(score: AskedScore, t: ReturnType<typeof useReviewStrings>): string {
  const [low, high] = [score.min_value, score.max_value];
  if (low !== null && high !== null) return t("range", { low: String(low), high: String(high) });
  if (low !== null) return t("from", { low: String(low) });
  return high === null ? t("number") : t("upTo", { high: String(high) });
}

/** Puts the focus where this question is answered. */
export function focusQuestion(panel: RefObject<HTMLElement | null>, place: number): void {
  panel.current
    ?.querySelector<HTMLElement>(`[data-question="${place}"] :is(input, textarea, [tabindex="0"])`)
    ?.focus();
}
