import { useQuery } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import { spanQuery } from "../../api/queries";
import type { SpanHead, SpanWithLogs } from "../../api/types";
import { useProject } from "../../api/useProject";
import { formatCompact, formatDuration } from "../../base/format";
import { chatOf } from "../../model/traceMessages";
import { newMessages, type Turn } from "../../model/traceTranscript";
import { KindIcon } from "./KindIcon";
import { Marked } from "./Marked";
import { ChatMessageView } from "./panel/ChatMessageView";
import { Documents } from "./panel/Documents";
import { PayloadView } from "./panel/PayloadView";
import { SpanCost } from "./SpanCost";
import { useTraceStrings } from "./strings";
import classes from "./Transcript.module.css";
import type { Node } from "./types";

/** A model's turn, a tool's call with its result, or a retrieval. */
export function TranscriptTurn(props: {
  traceId: string;
  turn: Turn<SpanHead>;
  isSelected: boolean;
  isMatch: boolean;
  query: string;
  onSelect: (node: Node) => void;
}) {
  const t = useTraceStrings();
  const project = useProject();
  const { node, agent, previous } = props.turn;
  const { span } = node;
  const own = useQuery(spanQuery(project, props.traceId, span.span_id));
  const before = useQuery({
    ...spanQuery(project, props.traceId, previous?.span.span_id ?? ""),
    enabled: previous !== null,
  });
  const isReady = own.data !== undefined && (previous === null || !before.isPending);
  return (
    <article
      className={classes.card}
      data-span={span.span_id}
      data-selected={props.isSelected || undefined}
      data-match={props.isMatch || undefined}
    >
      <button type="button" className={classes.head} onClick={() => props.onSelect(node)}>
        <KindIcon kind={span.kind} />
        <span className={classes.name}>
          <Marked text={span.name} query={props.query} />
        </span>
        {span.status === "error" && (
          <CircleAlert size={13} className={classes.error} aria-label={t("status_error")} />
        )}
        <span className={classes.meta}>
          {agent && <span>{agent.span.name}</span>}
          <span>{span.response_model ?? span.request_model}</span>
          <span>{formatDuration(span.duration_ms)}</span>
          {span.total_tokens !== null && (
            <span>
              {formatCompact(span.total_tokens)} {t("tokens")}
            </span>
          )}
          <SpanCost node={node} isFolded={false} />
        </span>
      </button>
      <div className={classes.body}>
        {span.status === "error" && <p className={classes.error}>{span.error_message ?? span.error_type}</p>}
        {own.error ? (
          <p className={classes.error}>{own.error.message}</p>
        ) : isReady ? (
          <TurnBody
            span={own.data}
            previous={before.data ?? null}
            hasToolSpans={props.turn.toolSpansSince > 0}
          />
        ) : (
          <p className="muted">{span.output_preview ?? span.input_preview ?? "…"}</p>
        )}
      </div>
    </article>
  );
}

function TurnBody(props: { span: SpanWithLogs; previous: SpanWithLogs | null; hasToolSpans: boolean }) {
  const { span, previous } = props;
  const t = useTraceStrings();
  const hasMessages = (span.input_messages?.length ?? 0) + (span.output_messages?.length ?? 0) > 0;
  if (span.documents && span.documents.length > 0) {
    return (
      <>
        <PayloadView label={t("input")} value={span.input} />
        <Documents documents={span.documents} />
      </>
    );
  }
  if (span.kind === "llm" && hasMessages) {
    const input = newMessages(
      span.input_messages ?? [],
      previous?.input_messages ?? null,
      props.hasToolSpans,
    );
    return chatOf({ ...span, input_messages: [...input] }).map((message, position) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: messages have no other identity
      <ChatMessageView key={position} message={message} />
    ));
  }
  return (
    <>
      <PayloadView label={t("input")} value={span.input} />
      <PayloadView label={t("output")} value={span.output} />
    </>
  );
}
