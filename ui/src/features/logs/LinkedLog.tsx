import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ApiError } from "../../api/client";
import { logQuery, type ProjectName } from "../../api/queries";
import { LogDetail } from "../../widgets/logs/LogDetail";
import type { OnFilter } from "../../widgets/logs/LogFieldRow";
import classes from "./LogsPage.module.css";
import { useLogsStrings } from "./strings";

/** The record that the URL names, where the list does not hold it: older than its first pages, or filtered. */
export function LinkedLog(props: {
  project: ProjectName;
  logId: string;
  onFilter: OnFilter;
  onClose: () => void;
}) {
  const t = useLogsStrings();
  const answer = useQuery(logQuery(props.project, props.logId));
  if (answer.isPending) return null;
  const isGone = answer.error instanceof ApiError && answer.error.status === 404;
  return (
    <section className={classes.linked} aria-label={t("linked")}>
      <div className={classes.linkedHead}>
        <b>{t("linked")}</b>
        <Button onClick={props.onClose}>{t("closeLinked")}</Button>
      </div>
      {isGone && <p className="muted">{t("linkedGone")}</p>}
      {answer.error && !isGone && <p className="muted">{answer.error.message}</p>}
      {answer.data && <LogDetail log={answer.data} marks={[]} onFilter={props.onFilter} traceLink />}
    </section>
  );
}
