import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { tracesQuery } from "../../../api/queries";
import { useProject } from "../../../api/useProject";
import { formatDateTime } from "../../../base/time";
import { quoteValue } from "../../../model/filterText";
import { ErrorState } from "../../../widgets/ErrorState";
import classes from "./Review.module.css";
import { Loading } from "./Subject";
import { useReviewStrings } from "./strings";

/** A session's traces of the last year, oldest first, as a list shows them. */
export function SessionSubject(props: { sessionId: string }) {
  const t = useReviewStrings();
  const { sessionId } = props;
  const selection = {
    project: useProject(),
    from: "now-365d",
    to: "now",
    filter: `session_id:${quoteValue(sessionId)}`,
  };
  const answer = useInfiniteQuery(tracesQuery(selection, "start_time"));
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Loading label={t("loading")} />;
  return (
    <section>
      <h2 className={classes.subjectName}>
        {t("openSession")} <span className="mono">{sessionId}</span>
      </h2>
      <ol className={classes.turns}>
        {(answer.data.pages[0]?.items ?? []).map((trace) => (
          <li key={trace.trace_id}>
            <Link to="/traces/$traceId" params={{ traceId: trace.trace_id }} target="_blank">
              {formatDateTime(trace.start_time)} {trace.name}
            </Link>
            <p>{trace.input_preview}</p>
            <p className={classes.turnAnswer}>{trace.output_preview}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
