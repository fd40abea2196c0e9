import type { ReviewerProgress } from "../../../api/queues";
import { useLanguage } from "../../../base/i18n";
import { formatAgo } from "../../../base/time";
import classes from "./detail.module.css";
import { useQueueDetailStrings } from "./strings";

export function ReviewerTable(props: { reviewers: readonly ReviewerProgress[] }) {
  const t = useQueueDetailStrings();
  const language = useLanguage();
  if (props.reviewers.length === 0) return null;
  return (
    <section className={classes.section} aria-label={t("reviewers")}>
      <h2 className={classes.heading}>{t("reviewers")}</h2>
      <div className={classes.scroll}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th>{t("reviewer")}</th>
              <th data-number>{t("done")}</th>
              <th data-number>{t("skipped")}</th>
              <th data-number>{t("claimed")}</th>
              <th data-number>{t("lastAt")}</th>
            </tr>
          </thead>
          <tbody>
            {props.reviewers.map((one) => (
              <tr key={one.reviewer}>
                <td style={{ overflowWrap: "anywhere" }}>{one.reviewer}</td>
                <td data-number>{one.done_count}</td>
                <td data-number>{one.skipped_count}</td>
                <td data-number>{one.claimed_count}</td>
                <td data-number>{one.last_at && formatAgo(one.last_at, Date.now(), language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
