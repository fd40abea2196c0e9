import { formatDateTime } from "../../../base/time";
import type { Line, Place } from "../../../charts/SeriesChart";
import { cssOf } from "../../../model/dashboards/units";
import classes from "./panels.module.css";

const ROWS_MAX = 10;
/** Of the axis with the values. */
const AXIS_PX = 62;

type TipProps = {
  lines: readonly Line[];
  at: { time: number; place: Place };
  step: number;
  format: (value: number) => string;
  height: number;
};

/** The values under the pointer, the largest first. */
export function TimeTip({ lines, at, step, format, height }: TipProps) {
  const found = lines
    .filter((line) => line.isShown)
    .flatMap((line) => {
      const place = line.times.findIndex((time) => Math.abs(time - at.time) < step / 2);
      const value = line.values[place];
      return value === undefined || Number.isNaN(value) ? [] : [{ line, value }];
    })
    .sort((one, other) => other.value - one.value);
  // Moved by the keyboard, or by the pointer over another chart, it has no place of its own here.
  if (found.length === 0 || at.place.left < 0 || at.place.top < 0) return null;
  return (
    <div
      className={classes.tip}
      style={{ top: Math.min(at.place.top + 14, height - 40), ...sideOf(at.place) }}
    >
      <div className="muted">{formatDateTime(at.time).slice(0, 19)}</div>
      {found.slice(0, ROWS_MAX).map(({ line, value }) => (
        <div key={line.id} className={classes.tipRow}>
          <i style={{ background: cssOf(line.color) }} />
          <span className="cut">{line.id}</span>
          <b>{format(value)}</b>
        </div>
      ))}
      {found.length > ROWS_MAX && <div className="muted">+{found.length - ROWS_MAX}</div>}
    </div>
  );
}

/** Right of the pointer; a style sheet turns it round where there is no room. */
function sideOf(place: Place): { left: string } {
  return { left: `min(${place.left + AXIS_PX + 14}px, max(0px, 100% - 230px))` };
}
