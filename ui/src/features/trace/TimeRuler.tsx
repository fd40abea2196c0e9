import { formatDuration } from "../../base/format";
import { ticksOf } from "../../model/traceScale";
import { useTraceStrings } from "./strings";
import classes from "./Waterfall.module.css";

const TICKS_MAX = 5;
/** Labels stand right of their tick: later ones would not fit. */
const LABEL_END = 0.88;

/** The columns' names, and the time axis over the bars. */
export function TimeRuler(props: { durationMs: number }) {
  const t = useTraceStrings();
  const ticks = ticksOf(props.durationMs, TICKS_MAX).filter((tick) => tick <= props.durationMs * LABEL_END);
  return (
    <div className={classes.ruler} aria-hidden>
      <div className={classes.tree}>{t("name")}</div>
      <div className={`${classes.number} ${classes.duration}`}>{t("duration")}</div>
      <div className={`${classes.number} ${classes.tokens}`}>{t("tokens")}</div>
      <div className={`${classes.number} ${classes.cost}`}>{t("cost")}</div>
      <div className={classes.bars}>
        {ticks.map((tick) => (
          <span
            key={tick}
            className={classes.tick}
            style={{ left: `${props.durationMs > 0 ? (tick / props.durationMs) * 100 : 0}%` }}
          >
            {tick === 0 ? "0" : formatDuration(tick)}
          </span>
        ))}
      </div>
    </div>
  );
}
