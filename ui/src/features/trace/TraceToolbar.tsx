import { ActionIcon, SegmentedControl, Tooltip } from "@mantine/core";
import { CircleAlert, ListChevronsDownUp, ListChevronsUpDown } from "lucide-react";
import type { RefObject } from "react";
import type { Trace } from "../../api/types";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { nextNode } from "../../model/traceTree";
import { SearchBox } from "./SearchBox";
import { VIEWS, type View } from "./search";
import { useTraceStrings } from "./strings";
import classes from "./TracePage.module.css";
import type { Tree } from "./types";
import type { TraceSearchState } from "./useTraceSearch";
import type { TraceState } from "./useTraceState";

/** How the spans are looked at, and the ways to find one. */
export function TraceToolbar(props: {
  trace: Trace;
  tree: Tree;
  state: TraceState;
  search: TraceSearchState;
  inputRef: RefObject<HTMLInputElement | null>;
}) {
  const t = useTraceStrings();
  const language = useLanguage();
  const { tree, state } = props;
  const spans = tree.nodes.length;
  const errors = tree.roots.reduce((sum, root) => sum + root.totals.errors, 0);
  const goToError = () => {
    const current = state.actions.current()?.index ?? -1;
    const error = nextNode(tree, current, 1, (node) => node.span.status === "error");
    if (error) state.actions.select(error);
  };
  return (
    <div className={classes.toolbar}>
      <SegmentedControl
        size="xs"
        aria-label={t("views")}
        value={state.view}
        onChange={(view) => state.actions.setView(view as View)}
        data={VIEWS.map((view) => ({ value: view, label: t(view) }))}
      />
      {state.view === "waterfall" && (
        <div className={classes.folding}>
          <Tooltip label={t("expandAll")}>
            <ActionIcon size="sm" aria-label={t("expandAll")} onClick={state.actions.expandAll}>
              <ListChevronsUpDown size={15} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("collapseAll")}>
            <ActionIcon size="sm" aria-label={t("collapseAll")} onClick={state.actions.collapseAll}>
              <ListChevronsDownUp size={15} />
            </ActionIcon>
          </Tooltip>
        </div>
      )}
      <span className={classes.counts}>
        {spans === 1 ? t("oneSpan") : t("spans", { count: formatCount(spans, language) })}
        {errors > 0 && (
          <button type="button" className={classes.errors} title={t("nextError")} onClick={goToError}>
            <CircleAlert size={13} aria-hidden />
            {errors === 1 ? t("oneError") : t("errors", { count: formatCount(errors, language) })}
          </button>
        )}
        {state.view === "waterfall" && (
          <span className={classes.legend}>
            <span className={classes.criticalSample} aria-hidden /> {t("critical")}
          </span>
        )}
      </span>
      <SearchBox state={state} search={props.search} inputRef={props.inputRef} />
    </div>
  );
}
