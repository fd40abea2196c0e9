import type { ReactNode } from "react";
import classes from "./BarList.module.css";

export type Bar = {
  id: string;
  /** What stands for it; the id where there is none. */
  name?: ReactNode;
  value: number | null;
  color: string;
};

type BarListProps = {
  bars: readonly Bar[];
  format: (value: number) => string;
  /** What a full bar is worth; else the largest. */
  max?: number | undefined;
  label: string;
};

/** Values side by side, each a bar with its name and number. */
export function BarList({ bars, format, max, label }: BarListProps) {
  const most = max ?? Math.max(0, ...bars.map((bar) => bar.value ?? 0));
  return (
    <ul className={classes.root} aria-label={label}>
      {bars.map((bar) => (
        <li key={bar.id} className={classes.row} title={bar.id}>
          <span className={classes.name}>{bar.name ?? bar.id}</span>
          <span className={classes.track} aria-hidden>
            <span
              className={classes.bar}
              style={{ width: `${widthOf(bar.value, most)}%`, background: bar.color }}
            />
          </span>
          <span className={classes.value}>{bar.value === null ? "–" : format(bar.value)}</span>
        </li>
      ))}
    </ul>
  );
}

function widthOf(value: number | null, most: number): number {
  if (value === null || most <= 0) return 0;
  return Math.min(100, Math.max(value > 0 ? 0.5 : 0, (value / most) * 100));
}
