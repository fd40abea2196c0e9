import { CircleAlert } from "lucide-react";
import type { SpanHead, SpanWithLogs } from "../../../api/types";
import { textOf } from "../../../model/traceMessages";
import { CopyButton } from "../../../widgets/CopyButton";
import { useTraceStrings } from "../strings";
import { Fold } from "./Fold";
import classes from "./panel.module.css";
import { TextView } from "./TextView";

/** What failed, in the span's words, with the stack traces that its exception events carry. */
export function ErrorBox(props: { head: SpanHead; span: SpanWithLogs | undefined }) {
  const t = useTraceStrings();
  const { head } = props;
  const stacks = (props.span?.events ?? [])
    .map((event) => event.attributes["exception.stacktrace"])
    .filter((stack) => typeof stack === "string" && stack !== "");
  return (
    <div className={classes.errorBox} role="alert">
      <div className={classes.errorHead}>
        <CircleAlert size={15} aria-hidden />
        <b>{head.error_type ?? t("errorTitle")}</b>
        <span className={classes.messageActions}>
          <CopyButton value={() => [head.error_type, head.error_message, ...stacks.map(textOf)].join("\n")} />
        </span>
      </div>
      {head.error_message && <TextView text={head.error_message} isPlain />}
      {stacks.map((stack, position) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: stack traces have no other identity
        <Fold key={position} title={t("stack")} preview={lastLine(textOf(stack))}>
          <TextView text={textOf(stack)} isPlain />
        </Fold>
      ))}
    </div>
  );
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
