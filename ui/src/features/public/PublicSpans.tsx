import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { publicSpanQuery } from "../../api/publicLinks";
import { useShortcuts } from "../../base/shortcuts";
import { type Fold, isFolded, NOTHING_FOLDED, setFolded } from "../../model/traceFold";
import { visibleNodes } from "../../model/traceTree";
import { ErrorState } from "../../widgets/ErrorState";
import { Overview } from "../trace/panel/Overview";
import panel from "../trace/panel/panel.module.css";
import { SpanTitle } from "../trace/panel/SpanTitle";
import { SplitView, useIsNarrow } from "../trace/SplitView";
import { useTraceStrings } from "../trace/strings";
import type { Node, Tree } from "../trace/types";
import { Waterfall } from "../trace/Waterfall";

const NO_MATCHES: ReadonlySet<string> = new Set();

/** The waterfall, and beside it what is shown of the span that is looked at. */
export function PublicSpans(props: { token: string; tree: Tree }) {
  const t = useTraceStrings();
  const { tree } = props;
  const isNarrow = useIsNarrow();
  const [fold, setFold] = useState<Fold>(NOTHING_FOLDED);
  const [selected, setSelected] = useState<Node | null>(tree.nodes[0] ?? null);
  const [isOpen, setOpen] = useState(!isNarrow);
  const rows = useMemo(() => visibleNodes(tree, (node) => isFolded(fold, node)), [tree, fold]);
  const actions = useMemo(
    () => ({
      isFolded: (node: Node) => isFolded(fold, node),
      setFolded: (node: Node, folded: boolean) => setFold((before) => setFolded(before, node, folded)),
    }),
    [fold],
  );
  const step = (by: 1 | -1) => {
    const at = selected === null ? -1 : rows.indexOf(selected);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) setSelected(next);
  };
  useShortcuts(t("tree"), [
    { keys: ["j", "ArrowDown"], label: t("tree"), run: () => step(1) },
    { keys: ["k", "ArrowUp"], label: t("tree"), run: () => step(-1) },
  ]);
  return (
    <SplitView
      isNarrow={isNarrow}
      isOpen={isOpen}
      onClose={() => setOpen(false)}
      main={
        <Waterfall
          tree={tree}
          rows={rows}
          fold={fold}
          selected={selected}
          matchIds={NO_MATCHES}
          query=""
          actions={actions}
          onSelect={(node) => {
            setSelected(node);
            setOpen(true);
          }}
        />
      }
      panel={
        selected && (
          <PublicSpan
            key={selected.span.span_id}
            token={props.token}
            node={selected}
            tree={tree}
            onClose={isNarrow ? () => setOpen(false) : undefined}
          />
        )
      }
    />
  );
}

function PublicSpan(props: { token: string; node: Node; tree: Tree; onClose: (() => void) | undefined }) {
  const { node } = props;
  const answer = useQuery(publicSpanQuery(props.token, node.span.span_id));
  const told = useMemo(
    () =>
      answer.data ? { ...node, span: { ...node.span, error_message: answer.data.error_message } } : node,
    [node, answer.data],
  );
  return (
    <section className={panel.panel} aria-label={node.span.name}>
      <SpanTitle span={node.span} onClose={props.onClose} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={panel.scroller} tabIndex={0}>
        {answer.error && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
        <Overview node={told} span={answer.data} tree={props.tree} />
      </div>
    </section>
  );
}
