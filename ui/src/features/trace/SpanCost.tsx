import { costState } from "../../model/traceUsage";
import { Cost } from "../../widgets/Cost";
import { useTraceStrings } from "./strings";
import type { Node } from "./types";
import classes from "./Waterfall.module.css";

/** What a row costs: its own call, or everything it hides. Empty where no model was called. */
export function SpanCost(props: { node: Node; isFolded: boolean }) {
  const t = useTraceStrings();
  const { span, totals } = props.node;
  if (props.isFolded) {
    const isEmpty = totals.costUsd === null && totals.unpriced === 0;
    return isEmpty ? null : <Cost usd={totals.costUsd} unpricedCount={totals.unpriced} />;
  }
  const state = costState(span);
  if (state === "none") return null;
  if (state === "repeated") {
    return (
      <span className={classes.repeated} title={t("repeatedHelp")}>
        ↺
      </span>
    );
  }
  return <Cost usd={span.cost_usd} unpricedCount={state === "unpriced" ? 1 : 0} />;
}
