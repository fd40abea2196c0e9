import type { Estimate } from "../../../api/scores";
import { placeIn } from "../../../model/estimates";
import classes from "./scores.module.css";

/** Where an estimate and its interval lie in a span that its neighbours share. */
export function IntervalBar(props: { estimate: Estimate; span: { from: number; to: number } }) {
  const { value, low, high } = props.estimate;
  if (value === null) return null;
  const percent = (end: number) => placeIn(props.span, end) * 100;
  return (
    <div className={classes.interval} aria-hidden>
      {low !== null && high !== null && (
        <div
          className={classes.reach}
          style={{ left: `${percent(low)}%`, width: `${percent(high) - percent(low)}%` }}
        />
      )}
      <div className={classes.point} style={{ left: `${percent(value)}%` }} />
    </div>
  );
}
