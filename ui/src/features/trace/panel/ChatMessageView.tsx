import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import type { ChatMessage, ChatPart } from "../../../model/traceMessages";
import { textOf } from "../../../model/traceMessages";
import { CopyButton } from "../../../widgets/CopyButton";
import { useTraceStrings } from "../strings";
import { ChatPartView } from "./ChatPartView";
import classes from "./panel.module.css";

const ROLES = ["system", "user", "assistant", "tool"] as const;
const PREVIEW_CHARS = 140;
/** Everything else cut the answer short. */
const EXPECTED_FINISHES: ReadonlySet<string> = new Set(["tool_call", "tool_calls", "tool_use", "end_turn"]);

/** One message. Instructions are folded: they are long, and the same in every turn. */
export function ChatMessageView(props: { message: ChatMessage }) {
  const t = useTraceStrings();
  const { message } = props;
  const canFold = message.role === "system";
  const [isFolded, setFolded] = useState(canFold);
  const role = ROLES.find((known) => known === message.role);
  const text = textOfParts(message.parts);
  return (
    <article className={classes.message} data-role={message.role}>
      <header className={classes.messageHead}>
        {canFold ? (
          <button
            type="button"
            className={classes.foldButton}
            aria-expanded={!isFolded}
            onClick={() => setFolded(!isFolded)}
          >
            {isFolded ? <ChevronRight size={13} /> : <ChevronDown size={13} />}
            <span className={classes.role}>{role ? t(`role_${role}`) : message.role}</span>
          </button>
        ) : (
          <span className={classes.role}>{role ? t(`role_${role}`) : message.role}</span>
        )}
        {isFolded && <span className={classes.preview}>{text.slice(0, PREVIEW_CHARS)}</span>}
        {message.finishReason && message.finishReason !== "stop" && (
          <span
            className={classes.finish}
            data-quiet={EXPECTED_FINISHES.has(message.finishReason) || undefined}
          >
            {t("finish", { reason: message.finishReason })}
          </span>
        )}
        <span className={classes.messageActions}>
          <CopyButton value={text} />
        </span>
      </header>
      {!isFolded && (
        <div className={classes.messageBody}>
          {message.parts.map((part, position) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other identity
            <ChatPartView key={position} part={part} isOutput={message.isOutput} />
          ))}
        </div>
      )}
    </article>
  );
}

function textOfParts(parts: readonly ChatPart[]): string {
  return parts.map(textOfPart).filter(Boolean).join("\n\n");
}

function textOfPart(part: ChatPart): string {
  switch (part.kind) {
    case "text":
    case "reasoning":
      return part.text;
    case "toolCall":
      return `${part.call.name}(${textOf(part.call.arguments)})`;
    case "toolResult":
      return textOf(part.result);
    case "media":
      return part.media.url ?? part.media.file_id ?? "";
    case "other":
      return textOf(part.value);
  }
}
