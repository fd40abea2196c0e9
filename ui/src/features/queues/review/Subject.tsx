import { Skeleton } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../../../api/client";
import { spanQuery, traceQuery } from "../../../api/queries";
import type { QueueItem } from "../../../api/queues";
import type { SpanHead, SpanWithLogs } from "../../../api/types";
import { useProject } from "../../../api/useProject";
import { spansToRead } from "../../../model/reviewSubject";
import { ErrorState } from "../../../widgets/ErrorState";
import { Documents } from "../../trace/panel/Documents";
import { Messages } from "../../trace/panel/Messages";
import { PayloadView } from "../../trace/panel/PayloadView";
import classes from "./Review.module.css";
import { SessionSubject } from "./SessionSubject";
import { useReviewStrings } from "./strings";

/** What is judged, to be read: the question, what was retrieved, the answer. */
export function Subject(props: { item: QueueItem }) {
  const { trace_id, span_id, session_id } = props.item;
  if (trace_id === null) return <SessionSubject sessionId={session_id ?? ""} />;
  return <TraceSubject traceId={trace_id} spanId={span_id} />;
}

function TraceSubject(props: { traceId: string; spanId: string | null }) {
  const t = useReviewStrings();
  const { traceId, spanId } = props;
  const answer = useQuery(traceQuery(useProject(), traceId));
  if (answer.error instanceof ApiError && answer.error.status === 404) return <Gone id={traceId} />;
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Loading label={t("loading")} />;
  const { trace, spans } = answer.data;
  const wanted = spansToRead(spans, { rootId: trace.root_span_id, spanId });
  if (wanted === null) return <Gone id={spanId ?? traceId} />;
  return (
    <>
      <header className={classes.subjectHead}>
        <h2 className={classes.subjectName}>{spanId === null ? trace.name : wanted.main.name}</h2>
        <Link
          to="/traces/$traceId"
          params={{ traceId }}
          search={spanId === null ? {} : { span: spanId }}
          target="_blank"
          className={classes.openTrace}
        >
          {t("openTrace")} <ExternalLink size={12} aria-hidden />
        </Link>
      </header>
      <Reading traceId={traceId} main={wanted.main} retrievals={wanted.retrievals} />
    </>
  );
}

function Reading(props: { traceId: string; main: SpanHead; retrievals: readonly SpanHead[] }) {
  const t = useReviewStrings();
  const project = useProject();
  const { traceId, main, retrievals } = props;
  const own = useQuery(spanQuery(project, traceId, main.span_id));
  const found = useQueries({
    queries: retrievals.map((span) => spanQuery(project, traceId, span.span_id)),
  });
  if (own.error) return <ErrorState error={own.error} onRetry={() => void own.refetch()} />;
  if (own.data === undefined) return <Loading label={t("loading")} />;
  const documents = [
    <Retrieved key={main.span_id} span={own.data} />,
    ...found.map((one, place) => one.data && <Retrieved key={retrievals[place]?.span_id} span={one.data} />),
  ];
  return <Told span={own.data}>{documents}</Told>;
}

function Retrieved(props: { span: SpanWithLogs }) {
  const { documents } = props.span;
  return documents && documents.length > 0 ? <Documents documents={documents} /> : null;
}

/** As a chat where there is one, else what came in and went out, with what was retrieved in between. */
function Told(props: { span: SpanWithLogs; children: ReactNode }) {
  const t = useReviewStrings();
  const { span } = props;
  const isChat = (span.input_messages?.length ?? 0) > 0;
  if (isChat)
    return (
      <>
        <Messages span={span} />
        {props.children}
      </>
    );
  const isSilent = isAbsent(span.input) && isAbsent(span.output);
  return (
    <>
      {isSilent && <p className="muted">{t("nothingSaid")}</p>}
      <PayloadView label={t("question")} value={span.input} />
      {props.children}
      <PayloadView label={t("answer")} value={span.output} />
    </>
  );
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || value === "";
}

function Gone(props: { id: string }) {
  const t = useReviewStrings();
  return (
    <div className={classes.gone} role="status">
      <p>{t("gone")}</p>
      <p className="mono">{props.id}</p>
    </div>
  );
}

export function Loading(props: { label: string }) {
  return (
    <div role="status" aria-label={props.label}>
      <Skeleton height={18} width="30%" mb={12} />
      <Skeleton height={60} mb={12} />
      <Skeleton height={140} />
    </div>
  );
}
