import { ActionIcon } from "@mantine/core";
import { X } from "lucide-react";
import type { SpanHead } from "../../../api/types";
import { formatDuration } from "../../../base/format";
import { CopyButton } from "../../../widgets/CopyButton";
import { KindIcon } from "../KindIcon";
import { StatusMark } from "../StatusMark";
import { useTraceStrings } from "../strings";
import classes from "./panel.module.css";

export function SpanTitle(props: { span: SpanHead; onClose: (() => void) | undefined }) {
  const t = useTraceStrings();
  const { span } = props;
  return (
    <header className={classes.title}>
      <KindIcon kind={span.kind} size={20} />
      <h2 className={classes.name} title={span.name}>
        {span.name}
      </h2>
      <span className={classes.kind}>{span.kind}</span>
      <StatusMark status={span.status} />
      <span className={classes.duration}>{formatDuration(span.duration_ms)}</span>
      <CopyButton value={span.span_id} label={t("copySpanId")} />
      {props.onClose && (
        <ActionIcon size="sm" aria-label={t("close")} onClick={props.onClose}>
          <X size={15} />
        </ActionIcon>
      )}
    </header>
  );
}
