import { Tooltip } from "@mantine/core";
import type { Estimate } from "../../../api/scores";
import { formatPercent } from "../../../base/format";
import {
  formatEstimate,
  formatInterval,
  formatNumber,
  halfWidth,
  isLopsided,
} from "../../../model/estimates";
import { useScoresStrings } from "../strings";
import classes from "./scores.module.css";

/** "0.81 ± 0.03", "81 % ± 3 %", or "100 % (57 % to 100 %)" where it is lopsided; the whole interval on hover. */
export function EstimateText(props: { estimate: Estimate; isShare?: boolean }) {
  const t = useScoresStrings();
  const { estimate, isShare = false } = props;
  if (estimate.value === null) return <span className="muted">–</span>;
  const width = halfWidth(estimate);
  const value = isShare ? formatPercent(estimate.value) : formatEstimate(estimate);
  const whole = isShare
    ? `${formatPercent(estimate.low)} ${t("to")} ${formatPercent(estimate.high)}`
    : formatInterval(estimate, t("to"));
  const half = isShare ? formatPercent(width) : formatNumber(width, width);
  const reach = isLopsided(estimate) ? ` (${whole})` : ` ± ${half}`;
  return (
    <Tooltip label={width === null ? t("noInterval") : t("interval", { interval: whole })}>
      <span className={classes.estimate}>
        {value}
        <span className="muted">{width !== null && reach}</span>
      </span>
    </Tooltip>
  );
}
