import type { QueueProgress } from "../../api/queues";
import classes from "./ProgressBar.module.css";
import { useQueueStrings } from "./strings";

/** How far a queue is: done, in somebody's hands, left. */
export function ProgressBar(props: { progress: QueueProgress }) {
  const t = useQueueStrings();
  const { item_count, done_count, claimed_count, skipped_count } = props.progress;
  const share = (count: number) => `${item_count === 0 ? 0 : (100 * count) / item_count}%`;
  return (
    <div>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label={t("progress")}
        aria-valuemin={0}
        aria-valuemax={item_count}
        aria-valuenow={done_count}
      >
        <span className={classes.done} style={{ width: share(done_count) }} />
        <span className={classes.claimed} style={{ width: share(claimed_count) }} />
      </div>
      <p className={classes.facts}>
        <span>{item_count === 0 ? t("empty") : t("doneOf", { done: done_count, all: item_count })}</span>
        {claimed_count > 0 && <span>{t("inWork", { count: claimed_count })}</span>}
        {skipped_count > 0 && <span>{t("skipped", { count: skipped_count })}</span>}
      </p>
    </div>
  );
}
