import { Wrench } from "lucide-react";
import type { PairedToolCall } from "../../../model/traceMessages";
import { useTraceStrings } from "../strings";
import { Fold } from "./Fold";
import classes from "./panel.module.css";
import { ValueView } from "./ValueView";

/** A tool call and, right below it, what the tool answered; the answer to a call just made is not here yet. */
export function ToolCallView(props: { call: PairedToolCall; isOutput: boolean }) {
  const t = useTraceStrings();
  const { call } = props;
  return (
    <div className={classes.toolCall} data-tool={call.name}>
      <div className={classes.toolHead}>
        <Wrench size={13} aria-hidden />
        <span className="sr-only">{t("toolCall")}</span>
        <b className="mono">{call.name}</b>
        {call.id && <span className={classes.toolId}>{call.id}</span>}
      </div>
      <ValueView value={call.arguments} />
      {call.hasResult ? (
        <Fold title={t("toolResult")} isOpen>
          <ValueView value={call.result} />
        </Fold>
      ) : (
        !props.isOutput && <p className={classes.noResult}>{t("noResult")}</p>
      )}
    </div>
  );
}
