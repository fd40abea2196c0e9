import { Tooltip } from "@mantine/core";
import type { Difference } from "../../../api/scores";
import { formatDifference, formatInterval } from "../../../model/estimates";
import { useScoresStrings } from "../strings";
import classes from "./scores.module.css";

/** How far it lies from the range before, and whether chance alone may be the reason. */
export function ChangeText(props: { change: Difference; isShare?: boolean }) {
  const t = useScoresStrings();
  const { change, isShare = false } = props;
  if (change.value === null) return <span className="muted">–</span>;
  const scaled = isShare ? inPercent(change) : change;
  const interval = formatInterval(scaled, t("to"));
  return (
    <Tooltip disabled={interval === ""} label={t("movedHint", { interval })}>
      <span className={change.has_moved ? classes.moved : classes.unclear}>
        {formatDifference(scaled)}
        {isShare && " %"} {change.has_moved === null ? "" : change.has_moved ? t("moved") : t("unclear")}
      </span>
    </Tooltip>
  );
}

function inPercent({ value, low, high }: Difference) {
  const percent = (share: number | null) => (share === null ? null : share * 100);
  return { value: percent(value), low: percent(low), high: percent(high) };
}
