import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ClipboardCheck } from "lucide-react";
import type { AnnotationQueue } from "../../../api/queues";
import classes from "../../../widgets/cards/cards.module.css";
import { ProgressBar } from "../ProgressBar";
import { useQueueStrings } from "../strings";

export function QueueCard(props: { queue: AnnotationQueue }) {
  const t = useQueueStrings();
  const { queue } = props;
  const isOver = queue.progress.done_count === queue.progress.item_count;
  return (
    <article
      className={classes.card}
      data-tone={queue.progress.item_count > 0 && isOver ? "quiet" : undefined}
    >
      <header className={classes.head}>
        <h2 className={classes.name}>
          <Link to="/queues/$queueId" params={{ queueId: queue.id }}>
            {queue.name}
          </Link>
        </h2>
        <span className="muted">{t("reviewersWanted", { count: queue.reviewers_wanted })}</span>
        <span className={classes.gap} />
        {!isOver && (
          <Button
            variant="filled"
            leftSection={<ClipboardCheck size={14} />}
            renderRoot={(root) => (
              <Link {...root} to="/queues/$queueId/review" params={{ queueId: queue.id }} />
            )}
          >
            {t("review")}
          </Button>
        )}
      </header>
      {queue.description && <p className={classes.text}>{queue.description}</p>}
      <div style={{ margin: "8px 0 0" }}>
        <ProgressBar progress={queue.progress} />
      </div>
      <div className={classes.labels}>
        {queue.configs.map((score) => (
          <span key={score.id} className={classes.label}>
            {score.name}
          </span>
        ))}
      </div>
    </article>
  );
}
