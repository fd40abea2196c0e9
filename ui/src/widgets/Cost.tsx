import { formatCost } from "../base/format";
import classes from "./Cost.module.css";
import { useWidgetStrings } from "./strings";

/** Money, or the word "unpriced": a cost that is not known is never shown as $0. Nothing where nothing was called. */
export function Cost(props: { usd: number | null; unpricedCount?: number }) {
  const t = useWidgetStrings();
  const unpriced = props.unpricedCount ?? 0;
  if (props.usd === null) {
    if (unpriced === 0) return <span className="muted">–</span>;
    return (
      <span className={classes.unpriced} title={t("unpricedTitle")}>
        {t("unpriced")}
      </span>
    );
  }
  return (
    <span title={unpriced > 0 ? t("partlyPriced", { count: unpriced }) : `$${props.usd}`}>
      {formatCost(props.usd)}
      {unpriced > 0 && <span className={classes.mark}>+?</span>}
    </span>
  );
}
