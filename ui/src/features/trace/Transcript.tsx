import { useVirtualizer } from "@tanstack/react-virtual";
import { MessagesSquare } from "lucide-react";
import { useEffect, useRef } from "react";
import type { SpanHead } from "../../api/types";
import type { Turn } from "../../model/traceTranscript";
import { EmptyState } from "../../widgets/EmptyState";
import { useTraceStrings } from "./strings";
import classes from "./Transcript.module.css";
import { TranscriptTurn } from "./TranscriptTurn";
import type { Node } from "./types";

/** The trace read as a conversation. Turns in sight fetch their own payloads. */
export function Transcript(props: {
  traceId: string;
  turns: readonly Turn<SpanHead>[];
  selected: Node | null;
  query: string;
  matchIds: ReadonlySet<string>;
  onSelect: (node: Node) => void;
}) {
  const t = useTraceStrings();
  const { turns, selected } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: turns.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 140,
    overscan: 3,
  });
  const selectedRow = turns.findIndex((turn) => turn.node === selected);
  useEffect(() => {
    if (selectedRow >= 0) virtual.scrollToIndex(selectedRow, { align: "auto" });
  }, [selectedRow, virtual]);

  if (turns.length === 0) return <EmptyState icon={<MessagesSquare size={28} />} title={t("noTurns")} />;
  return (
    <div className={classes.scroller} ref={scroller}>
      <ol className={classes.turns} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const turn = turns[item.index];
          if (!turn) return null;
          return (
            <li
              key={turn.node.index}
              ref={virtual.measureElement}
              data-index={item.index}
              className={classes.turn}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <TranscriptTurn
                traceId={props.traceId}
                turn={turn}
                isSelected={turn.node === selected}
                isMatch={props.matchIds.has(turn.node.span.span_id)}
                query={props.query}
                onSelect={props.onSelect}
              />
            </li>
          );
        })}
      </ol>
    </div>
  );
}
