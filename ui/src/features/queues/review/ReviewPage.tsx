import { ActionIcon, Button, Skeleton, TextInput, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { type AnnotationQueue, queueQuery } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { usePreference } from "../../../base/preferences";
import { ErrorState } from "../../../widgets/ErrorState";
import { ProgressBar } from "../ProgressBar";
import { Finished } from "./Finished";
import { Judging } from "./Judging";
import classes from "./Review.module.css";
import { Loading, Subject } from "./Subject";
import { useReviewStrings } from "./strings";
import { type Outcome, useWork } from "./useWork";

/** One item after another, by the keyboard: /queues/{id}/review. */
export function ReviewPage() {
  const t = useReviewStrings();
  const { queueId } = useParams({ from: "/queues/$queueId/review" });
  const answer = useQuery(queueQuery(useProject(), queueId));
  // Whoever signs in will be the reviewer; until then a name that this browser remembers.
  const [reviewer, setReviewer] = usePreference("reviewer", "");
  const name = answer.data?.name;
  useEffect(() => {
    if (name !== undefined) document.title = `${t("title", { queue: name })} · Spanglass`;
  }, [name, t]);
  if (answer.data === undefined) {
    if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
    return <Skeleton height={160} m={12} radius="sm" />;
  }
  if (reviewer === "") return <NameForm onChoose={setReviewer} />;
  return <Desk key={reviewer} queue={answer.data} reviewer={reviewer} onForget={() => setReviewer("")} />;
}

function NameForm(props: { onChoose: (name: string) => void }) {
  const t = useReviewStrings();
  const [name, setName] = useState("");
  const begin = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") props.onChoose(name.trim());
  };
  return (
    <form className={classes.name} onSubmit={begin}>
      <h1 className={classes.title}>{t("who")}</h1>
      <p style={{ margin: 0 }}>{t("whoHint")}</p>
      <TextInput
        label={t("name")}
        autoComplete="name"
        autoFocus
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div>
        <Button type="submit" variant="filled" disabled={name.trim() === ""}>
          {t("begin")}
        </Button>
      </div>
    </form>
  );
}

const WORDS = {
  saved: "saved",
  skipped: "wasSkipped",
  undone: "wasUndone",
  nothing: "nothingToUndo",
} as const satisfies Record<Outcome, string>;

function Desk(props: { queue: AnnotationQueue; reviewer: string; onForget: () => void }) {
  const t = useReviewStrings();
  const project = useProject();
  const { queue, reviewer } = props;
  const { item } = useSearch({ from: "/queues/$queueId/review" });
  const work = useWork({ project, queueId: queue.id, reviewer }, item);
  const [showsHelp, setShowsHelp] = useState(false);
  const { current, progress } = work;
  return (
    <main className={classes.page}>
      <header className={classes.top}>
        <Tooltip label={t("leave")}>
          <ActionIcon
            aria-label={t("leave")}
            renderRoot={(root) => <Link {...root} to="/queues/$queueId" params={{ queueId: queue.id }} />}
          >
            <ArrowLeft size={16} />
          </ActionIcon>
        </Tooltip>
        <h1 className={classes.title}>{queue.name}</h1>
        <span className={classes.who}>
          {t("reviewingAs", { name: reviewer })}{" "}
          <button type="button" className={classes.toggle} onClick={props.onForget}>
            {t("otherName")}
          </button>
        </span>
        {queue.instructions && (
          <button
            type="button"
            className={classes.toggle}
            aria-expanded={showsHelp}
            onClick={() => setShowsHelp(!showsHelp)}
          >
            {t("instructions")}
          </button>
        )}
        <span className={classes.said} role="status">
          {work.outcome && t(WORDS[work.outcome])}
        </span>
        <div className={classes.progress}>
          <ProgressBar progress={progress ?? queue.progress} />
        </div>
      </header>
      {showsHelp && <p className={classes.instructions}>{queue.instructions}</p>}
      {work.isOver && work.error ? (
        <ErrorState error={work.error} onRetry={() => work.lookAgain(false)} />
      ) : work.isOver ? (
        <Finished
          queueId={queue.id}
          mine={(progress ?? queue.progress).reviewers.find((one) => one.reviewer === reviewer)}
          onLookAgain={work.lookAgain}
          onUndo={() => void work.undo()}
        />
      ) : (
        // A new one is read from its beginning, wherever the last one was left.
        <div key={current?.item.id ?? ""} className={classes.split}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it */}
          <div className={classes.subject} tabIndex={0}>
            {current ? <Subject item={current.item} /> : <Loading label={t("loading")} />}
          </div>
          {current && (
            <Judging
              key={current.review.status}
              queue={queue}
              work={current}
              isBusy={work.isBusy}
              error={work.error}
              onSubmit={work.submit}
              onSkip={work.skip}
              onUndo={work.undo}
            />
          )}
        </div>
      )}
    </main>
  );
}
