import { ActionIcon, Tooltip } from "@mantine/core";
import { ArrowLeft, ChevronDown, ChevronUp, Link as LinkIcon } from "lucide-react";
import type { Score, Trace } from "../../api/types";
import { CopyButton } from "../../widgets/CopyButton";
import { AddToDataset } from "../datasets/AddToDataset";
import { ShareTrace } from "../public/ShareTrace";
import { AddToQueue } from "../queues/AddToQueue";
import { DeleteTrace } from "./DeleteTrace";
import { StatusMark } from "./StatusMark";
import { Scores } from "./scores/Scores";
import { useTraceStrings } from "./strings";
import { TraceFacts } from "./TraceFacts";
import classes from "./TracePage.module.css";

/** What the trace is, and what can be done with it. */
export function TraceHeader(props: {
  trace: Trace;
  /** Of the trace itself. */
  scores: readonly Score[];
  /** Of the trace and of all its spans. */
  allScores: readonly Score[];
  isLive: boolean;
  around: { previous?: string; next?: string };
  onStep: (direction: 1 | -1) => void;
  onBack: () => void;
  onDeleted: () => void;
}) {
  const t = useTraceStrings();
  const { trace, around } = props;
  return (
    <header className={classes.header}>
      <div className={classes.titleLine}>
        <Tooltip label={t("back")}>
          <ActionIcon aria-label={t("back")} onClick={props.onBack}>
            <ArrowLeft size={16} />
          </ActionIcon>
        </Tooltip>
        <h1 className={classes.title} title={trace.name}>
          {trace.name}
        </h1>
        <StatusMark status={trace.status} />
        {props.isLive && (
          <span className={classes.live} title={t("liveHelp")}>
            {t("live")}
          </span>
        )}
        <span className={classes.traceId}>
          <span className="mono" title={trace.trace_id}>
            {trace.trace_id.slice(0, 8)}
          </span>
          <CopyButton value={trace.trace_id} label={t("copyId")} />
        </span>
        <div className={classes.actions}>
          <Tooltip label={t("previousTrace")}>
            <ActionIcon
              aria-label={t("previousTrace")}
              disabled={around.previous === undefined}
              onClick={() => props.onStep(-1)}
            >
              <ChevronUp size={16} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("nextTrace")}>
            <ActionIcon
              aria-label={t("nextTrace")}
              disabled={around.next === undefined}
              onClick={() => props.onStep(1)}
            >
              <ChevronDown size={16} />
            </ActionIcon>
          </Tooltip>
          <CopyButton
            value={() => window.location.href}
            label={t("copyLink")}
            icon={<LinkIcon size={14} />}
          />
          <ShareTrace traceId={trace.trace_id} />
          <AddToQueue target={{ trace_id: trace.trace_id }} />
          <AddToDataset traceId={trace.trace_id} />
          <DeleteTrace trace={trace} onDeleted={props.onDeleted} />
        </div>
      </div>
      <TraceFacts trace={trace} />
      <div className={classes.scores}>
        <Scores trace={trace} spanId={null} scores={props.scores} known={props.allScores} />
      </div>
    </header>
  );
}
