import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { getJson } from "../../api/client";
import type { Selection } from "../../api/queries";
import type { Session } from "../../api/sessions";
import type { Page, Trace } from "../../api/types";
import { formatDuration } from "../../base/format";
import { formatTime } from "../../base/time";
import { Cost } from "../../widgets/Cost";
import { ErrorState } from "../../widgets/ErrorState";
import { useUserStrings } from "./strings";
import classes from "./User.module.css";

const SHOWN = 8;

function searchOf(selection: Selection) {
  const { from, to, filter } = selection;
  return { from, to, filter };
}

/** The user's last conversations. */
export function NewestSessions(props: { selection: Selection }) {
  const t = useUserStrings();
  const { selection } = props;
  const answer = useQuery({
    queryKey: ["sessions", "newest", selection],
    queryFn: ({ signal }) => getJson<Page<Session>>("/sessions", { ...selection, limit: SHOWN }, signal),
  });
  const sessions = answer.data?.items ?? [];
  return (
    <section className={classes.section}>
      <h2 className={classes.sectionTitle}>
        {t("newestSessions")}
        <Link to="/sessions" search={searchOf(selection)}>
          {t("allSessions")}
        </Link>
      </h2>
      {answer.error && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.data && sessions.length === 0 && <p className="muted">{t("noSessions")}</p>}
      <ul className={classes.newest}>
        {sessions.map((session) => (
          <li key={session.session_id}>
            <Link to="/sessions/$sessionId" params={{ sessionId: session.session_id }} search={{}}>
              <time dateTime={session.last_time}>{formatTime(session.last_time, Date.now())}</time>
              <span className="cut">{session.first_input ?? session.session_id}</span>
              <span className={classes.numbers}>
                {t("tracesCount", { count: String(session.trace_count) })}
                <Cost usd={session.cost_usd} unpricedCount={session.unpriced_count} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The user's last traces. */
export function NewestTraces(props: { selection: Selection }) {
  const t = useUserStrings();
  const { selection } = props;
  const answer = useQuery({
    queryKey: ["traces", "newest", selection],
    queryFn: ({ signal }) => getJson<Page<Trace>>("/traces", { ...selection, limit: SHOWN }, signal),
  });
  return (
    <section className={classes.section}>
      <h2 className={classes.sectionTitle}>
        {t("newestTraces")}
        <Link to="/traces" search={searchOf(selection)}>
          {t("allTraces")}
        </Link>
      </h2>
      {answer.error && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      <ul className={classes.newest}>
        {(answer.data?.items ?? []).map((trace) => (
          <li key={trace.trace_id} data-error={trace.status === "error" || undefined}>
            <Link to="/traces/$traceId" params={{ traceId: trace.trace_id }}>
              <time dateTime={trace.start_time}>{formatTime(trace.start_time, Date.now())}</time>
              <span className="cut">{trace.input_preview ?? trace.name}</span>
              <span className={classes.numbers}>
                {formatDuration(trace.duration_ms)}
                <Cost usd={trace.cost_usd} unpricedCount={trace.unpriced_count} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
