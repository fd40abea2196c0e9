import type { ChatPart } from "../../../model/traceMessages";
import { useTraceStrings } from "../strings";
import { Fold } from "./Fold";
import { MediaView } from "./MediaView";
import { TextView } from "./TextView";
import { ToolCallView } from "./ToolCallView";
import { ValueView } from "./ValueView";

export function ChatPartView(props: { part: ChatPart; isOutput: boolean }) {
  const t = useTraceStrings();
  const { part } = props;
  switch (part.kind) {
    case "text":
      return <TextView text={part.text} />;
    case "reasoning":
      return (
        <Fold title={t("reasoning")} preview={part.text}>
          <TextView text={part.text} />
        </Fold>
      );
    case "toolCall":
      return <ToolCallView call={part.call} isOutput={props.isOutput} />;
    case "toolResult":
      return (
        <Fold title={t("toolResult")} preview={part.id ?? ""} isOpen>
          <ValueView value={part.result} />
        </Fold>
      );
    case "media":
      return <MediaView media={part.media} />;
    case "other":
      return <ValueView value={part.value} />;
  }
}
