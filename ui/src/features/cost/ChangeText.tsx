import { formatPercent } from "../../base/format";
import classes from "./cost.module.css";
import { useCostStrings } from "./strings";

/** How much more, or less, than in the comparison period. Nothing where there is nothing to compare with. */
export function ChangeText(props: {
  now: number | null;
  before: number | null | undefined;
  /** Neither good nor bad. */
  isNeutral?: boolean;
}) {
  const t = useCostStrings();
  const { now, before, isNeutral = false } = props;
  if (before === null || before === undefined || now === null) return null;
  if (before === 0) return now > 0 ? <span className={classes.small}>{t("newGroup")}</span> : null;
  const ratio = now / before - 1;
  const tone = ratio > 0 ? classes.up : classes.down;
  return (
    <span className={isNeutral || ratio === 0 ? classes.small : tone} title={t("changeHelp")}>
      {now === 0 ? t("gone") : changeText(ratio)}
    </span>
  );
}

/** From ten times on, how many times as much. */
function changeText(ratio: number): string {
  if (ratio >= 9) return `×${Math.round(ratio + 1).toLocaleString("en-US")}`;
  return `${ratio > 0 ? "+" : ""}${formatPercent(ratio)}`;
}
