import { Button, Textarea } from "@mantine/core";
import { type KeyboardEvent, useRef, useState } from "react";
import type { AnnotationQueue, AnswerValue, Verdict, Work } from "../../../api/queues";
import { useShortcuts } from "../../../base/shortcuts";
import { answerByKey, drafts, isNeeded, nextOpen, questionsOf } from "../../../model/reviewQuestions";
import { Problem } from "../../../widgets/cards/Problem";
import classes from "./Review.module.css";
import { focusQuestion, ScoreQuestion } from "./ScoreQuestion";
import { useReviewStrings } from "./strings";
import { draftKey, useDraft, verdictOf } from "./useDraft";

/** What is said of one item: every score a keystroke, texts where they are wanted. */
export function Judging(props: {
  queue: AnnotationQueue;
  work: Work;
  isBusy: boolean;
  error: Error | null;
  onSubmit: (verdict: Verdict) => Promise<boolean>;
  onSkip: () => Promise<boolean>;
  onUndo: () => Promise<boolean>;
}) {
  const t = useReviewStrings();
  const { queue, work } = props;
  const key = draftKey(queue.id, work.item.id, work.review.reviewer);
  const { draft, change } = useDraft(key, work.review);
  const [active, setActive] = useState(0);
  const [isWarned, setWarned] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const comment = useRef<HTMLTextAreaElement>(null);
  const correction = useRef<HTMLTextAreaElement>(null);
  const questions = questionsOf(queue.configs, { yes: t("yes"), no: t("no") });
  const missing = questions.filter((one) => isNeeded(one) && draft.answers[one.score.id] === undefined);

  const give = (place: number, value: AnswerValue | undefined, typed: string) => {
    const id = questions[place]?.score.id;
    if (id === undefined) return;
    change((before) => {
      const { [id]: _, ...others } = before.answers;
      const answers = value === undefined ? others : { ...others, [id]: value };
      return { ...before, answers, typed: { ...before.typed, [id]: typed } };
    });
  };
  const press = (letter: string) => {
    const found = answerByKey(questions, active, letter);
    if (found === null) return false;
    give(found.place, found.value, "");
    const id = questions[found.place]?.score.id ?? "";
    setActive(nextOpen(questions, { ...draft.answers, [id]: found.value }, found.place) ?? found.place);
    return true;
  };
  const isSaying = Object.keys(draft.answers).length > 0 || draft.comment.trim() || draft.correction.trim();
  const submit = () => {
    if (missing.length > 0 || !isSaying) {
      setWarned(true);
      const first = missing[0] === undefined ? -1 : questions.indexOf(missing[0]);
      if (first >= 0) {
        setActive(first);
        focusQuestion(panel, first);
      }
      return;
    }
    void props.onSubmit(verdictOf(draft)).then((isSaved) => isSaved && drafts.remove(key));
  };
  const skip = () => void props.onSkip().then((isSkipped) => isSkipped && drafts.remove(key));
  const move = (step: number) => {
    if (questions.length === 0) return;
    const place = (active + step + questions.length) % questions.length;
    setActive(place);
    focusQuestion(panel, place);
  };
  const onTextKey = (event: KeyboardEvent) => {
    // Enter belongs to the words that an input method is still composing.
    if (event.nativeEvent.isComposing) return;
    const isLine = event.target instanceof HTMLInputElement;
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    else if (event.key === "Enter" && (isLine || event.ctrlKey || event.metaKey)) submit();
    else return;
    event.preventDefault();
  };
  const valueKeys = [...new Set(questions.flatMap(({ choices }) => choices.map((choice) => choice.key)))];
  useShortcuts(t("keys"), [
    ...valueKeys
      .filter((letter) => letter !== "")
      .map((letter) => ({
        keys: [letter],
        label: labelsOf(questions, letter).join(", "),
        run: () => press(letter),
      })),
    { keys: ["ArrowDown", "j"], label: t("keyNext"), run: () => move(1) },
    { keys: ["ArrowUp", "k"], label: t("keyPrevious"), run: () => move(-1) },
    { keys: ["c"], label: t("keyComment"), run: () => comment.current?.focus() },
    { keys: ["e"], label: t("keyCorrection"), run: () => correction.current?.focus() },
    { keys: ["Enter"], label: t("keySubmit"), run: submit },
    { keys: ["s"], label: t("keySkip"), run: skip },
    { keys: ["u"], label: t("keyUndo"), run: () => void props.onUndo() },
  ]);
  return (
    <aside className={classes.judging} aria-label={t("scoring")} ref={panel}>
      <div className={classes.questions}>
        {questions.map((question, place) => (
          <ScoreQuestion
            key={question.score.id}
            question={question}
            place={place}
            isActive={place === active}
            isMissing={isWarned && missing.includes(question)}
            answer={draft.answers[question.score.id]}
            typed={draft.typed[question.score.id] ?? ""}
            onActivate={() => setActive(place)}
            onAnswer={(value, typed) => give(place, value, typed)}
            onTextKey={onTextKey}
          />
        ))}
        <Textarea
          ref={comment}
          size="xs"
          label={t("comment")}
          autosize
          minRows={2}
          maxRows={10}
          maxLength={100_000}
          value={draft.comment}
          onChange={(event) => {
            const text = event.currentTarget.value;
            change((before) => ({ ...before, comment: text }));
          }}
          onKeyDown={onTextKey}
        />
        <Textarea
          ref={correction}
          size="xs"
          label={t("correction")}
          placeholder={t("correctionHint")}
          autosize
          minRows={2}
          maxRows={16}
          maxLength={100_000}
          value={draft.correction}
          onChange={(event) => {
            const text = event.currentTarget.value;
            change((before) => ({ ...before, correction: text }));
          }}
          onKeyDown={onTextKey}
        />
      </div>
      <div className={classes.foot}>
        {props.error && (
          <div>
            <p className={classes.failed}>{t("failed")}</p>
            <Problem error={props.error} />
          </div>
        )}
        {isWarned && missing.length > 0 && (
          <p className={classes.missing} role="alert">
            {t("missing", { names: missing.map((one) => one.score.name).join(", ") })}
          </p>
        )}
        <div className={classes.buttons}>
          <Button variant="filled" loading={props.isBusy} onClick={submit} rightSection={<Key name="↵" />}>
            {t("submit")}
          </Button>
          <Button disabled={props.isBusy} onClick={skip} rightSection={<Key name="s" />}>
            {t("skip")}
          </Button>
          <Button disabled={props.isBusy} onClick={() => void props.onUndo()} rightSection={<Key name="u" />}>
            {t("undo")}
          </Button>
        </div>
      </div>
    </aside>
  );
}

function Key(props: { name: string }) {
  return (
    <span className={classes.key} aria-hidden>
      {props.name}
    </span>
  );
}

/** What a key means in each question that knows it. */
function labelsOf(questions: ReturnType<typeof questionsOf>, letter: string): string[] {
  return questions.flatMap(({ score, choices }) => {
    const choice = choices.find((one) => one.key === letter);
    return choice ? [`${score.name}: ${choice.label}`] : [];
  });
}
