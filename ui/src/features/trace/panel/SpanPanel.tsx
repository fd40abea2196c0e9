import { Tabs } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { KeyboardEvent, RefObject } from "react";
import { spanQuery } from "../../../api/queries";
import type { Score, SpanWithLogs, Trace } from "../../../api/types";
import { useProject } from "../../../api/useProject";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { Scores } from "../scores/Scores";
import { TABS, type Tab } from "../search";
import { useTraceStrings } from "../strings";
import type { Node, Tree } from "../types";
import { useHighlights } from "../useHighlights";
import { AttributesTab } from "./AttributesTab";
import { EventsTab } from "./EventsTab";
import { LogsTab } from "./LogsTab";
import { Overview } from "./Overview";
import classes from "./panel.module.css";
import { SpanTitle } from "./SpanTitle";

const REFRESH_MS = 4_000;
/** Spans that keys only pass on their way are not fetched. */
const SETTLE_MS = 60;

/** All there is to know of one span. Its payload is fetched when it is selected, not with the trace. */
export function SpanPanel(props: {
  /** What scrolls: it takes the focus, so that the arrow keys scroll it. */
  panelRef: RefObject<HTMLDivElement | null>;
  trace: Trace;
  tree: Tree;
  /** Of the trace and of all its spans. */
  allScores: readonly Score[];
  node: Node | null;
  /** A span that the URL names and the trace does not have. */
  missingId: string | undefined;
  tab: Tab;
  query: string;
  isLive: boolean;
  onTab: (tab: Tab) => void;
  onClose: (() => void) | undefined;
}) {
  const t = useTraceStrings();
  const project = useProject();
  const { node } = props;
  useHighlights(props.panelRef, props.query, `${node?.span.span_id} ${props.tab}`);
  const spanId = node?.span.span_id ?? "";
  const [settled] = useDebouncedValue(spanId, SETTLE_MS);
  const answer = useQuery({
    ...spanQuery(project, props.trace.trace_id, spanId),
    enabled: node !== null && settled === spanId,
    refetchInterval: props.isLive ? REFRESH_MS : false,
  });
  if (node === null) {
    const title = props.missingId ? t("unknownSpan", { id: props.missingId }) : t("selectSpan");
    return (
      <div className={classes.panel}>
        <EmptyState title={title} />
      </div>
    );
  }
  const span = answer.data;
  return (
    <section className={classes.panel} aria-label={node.span.name}>
      <SpanTitle span={node.span} onClose={props.onClose} />
      <div className={classes.scores}>
        <Scores
          key={node.span.span_id}
          trace={props.trace}
          spanId={node.span.span_id}
          scores={node.span.scores}
          known={props.allScores}
        />
      </div>
      <Tabs value={props.tab} onChange={(tab) => props.onTab(tab as Tab)} className={classes.tabs}>
        <Tabs.List>
          {TABS.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(tab)}
              {span && <span className={classes.count}>{countOf(tab, span)}</span>}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only keeps its scrolling keys to itself */}
      <div
        className={classes.scroller}
        key={node.span.span_id}
        ref={props.panelRef}
        tabIndex={-1}
        data-autofocus
        onKeyDown={keepScrollingKeys}
      >
        {props.tab === "overview" && <Overview node={node} span={span} tree={props.tree} />}
        {props.tab === "attributes" && span && <AttributesTab span={span} />}
        {props.tab === "events" && span && <EventsTab span={span} />}
        {props.tab === "logs" && span && <LogsTab span={span} trace={props.trace} />}
        {answer.error && !span && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
        {!span && !answer.error && <p className={classes.loading}>{t("spanLoading")}</p>}
      </div>
    </section>
  );
}

const SCROLLING_KEYS: ReadonlySet<string> = new Set([
  "ArrowDown",
  "ArrowUp",
  "PageDown",
  "PageUp",
  "Home",
  "End",
]);

/** While the panel has the focus, these scroll it instead of walking the tree; j and k still walk. */
function keepScrollingKeys(event: KeyboardEvent): void {
  if (SCROLLING_KEYS.has(event.key)) event.stopPropagation();
}

function countOf(tab: Tab, span: SpanWithLogs): string {
  if (tab === "attributes") return String(Object.keys(span.attributes).length);
  if (tab === "events") return String(span.events.length + span.links.length);
  if (tab === "logs") return String(span.logs.length);
  return "";
}
