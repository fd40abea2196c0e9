import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import type { SpanWithLogs } from "../../../api/types";
import { formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { chatOf, textOf } from "../../../model/traceMessages";
import { CopyButton } from "../../../widgets/CopyButton";
import { useTraceStrings } from "../strings";
import { ChatMessageView } from "./ChatMessageView";
import { PayloadView } from "./PayloadView";
import classes from "./panel.module.css";
import { Section } from "./Section";

/** Of a long history only the newest messages are drawn at first; a screen does not hold more. */
const HISTORY_MAX = 12;

/** What these take and give is no conversation, even where a convention writes it down as one. */
const PLAIN_KINDS: ReadonlySet<string> = new Set(["tool", "retriever", "reranker", "embedding", "cache"]);

/** What went in and came out: as a chat where the span holds messages, and each side that is none as its payload. */
export function Messages(props: { span: SpanWithLogs }) {
  const t = useTraceStrings();
  const { span } = props;
  const chat = useMemo(() => (PLAIN_KINDS.has(span.kind) ? [] : chatOf(span)), [span]);
  const [mode, setMode] = useState<"rendered" | "raw">("rendered");
  const hasPayload = isPresent(span.input) || isPresent(span.output);
  if (chat.length === 0 && !hasPayload) {
    return span.documents?.length ? null : <p className={classes.nothing}>{t("noPayload")}</p>;
  }
  if (chat.length === 0) {
    return (
      <>
        <PayloadView label={t("input")} value={span.input} />
        <PayloadView label={t("output")} value={span.output} />
      </>
    );
  }
  return (
    <Section
      title={t("messages")}
      actions={
        <span className={classes.sectionActions}>
          {hasPayload && (
            <SegmentedControl
              size="xs"
              value={mode}
              onChange={(value) => setMode(value === "raw" ? "raw" : "rendered")}
              data={[
                { value: "rendered", label: t("rendered") },
                { value: "raw", label: t("raw") },
              ]}
            />
          )}
          <CopyButton value={() => textOf({ input: span.input_messages, output: span.output_messages })} />
        </span>
      }
    >
      {mode === "raw" ? (
        <>
          <PayloadView label={t("input")} value={span.input} />
          <PayloadView label={t("output")} value={span.output} />
        </>
      ) : (
        <>
          {span.input_messages === null && <PayloadView label={t("input")} value={span.input} />}
          <History chat={chat} />
          {span.output_messages === null && <PayloadView label={t("output")} value={span.output} />}
        </>
      )}
    </Section>
  );
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "";
}

function History(props: { chat: ReturnType<typeof chatOf> }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const [isWhole, setWhole] = useState(false);
  const hidden = isWhole ? 0 : Math.max(0, props.chat.length - HISTORY_MAX);
  return (
    <div className={classes.chat}>
      {props.chat.map((message, position) => {
        // The system prompt stays in sight: it is what the rest is read against.
        if (position > 0 && position <= hidden) {
          return position === 1 ? (
            <button key="earlier" type="button" className={classes.more} onClick={() => setWhole(true)}>
              {t("earlier", { count: formatCount(hidden, language) })}
            </button>
          ) : null;
        }
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no other identity
        return <ChatMessageView key={position} message={message} />;
      })}
    </div>
  );
}
