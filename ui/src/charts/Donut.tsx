import { arcPath } from "./arcs";
import classes from "./Donut.module.css";

export type Slice = { id: string; value: number; color: string };

type DonutProps = {
  /** Clockwise from the top. What is not above zero is left out. */
  slices: readonly Slice[];
  size: number;
  format: (value: number) => string;
  /** In the middle; in a pie there is no middle. */
  center?: string;
  isPie?: boolean;
  label: string;
  onPick?: (slice: Slice) => void;
};

/** Parts of a whole. Beside it stands a legend with the numbers: angles are hard to compare. */
export function Donut(props: DonutProps) {
  const shown = props.slices.filter((slice) => slice.value > 0);
  const total = shown.reduce((sum, slice) => sum + slice.value, 0);
  const radius = props.size / 2;
  let turned = 0;
  return (
    <svg
      width={props.size}
      height={props.size}
      viewBox={`0 0 ${props.size} ${props.size}`}
      role="img"
      aria-label={props.label}
    >
      {shown.map((slice) => {
        const from = turned;
        turned += slice.value / total;
        const share = Math.round((slice.value / total) * 1000) / 10;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: the legend has the same as a button
          <path
            key={slice.id}
            className={classes.slice}
            data-picks={props.onPick !== undefined || undefined}
            d={arcPath({ from, to: turned, radius, inner: props.isPie ? 0 : radius * 0.62 })}
            fill={slice.color}
            onClick={() => props.onPick?.(slice)}
          >
            <title>{`${slice.id}: ${props.format(slice.value)} (${share} %)`}</title>
          </path>
        );
      })}
      {props.center !== undefined && !props.isPie && (
        <text className={classes.center} x={radius} y={radius} textAnchor="middle" dominantBaseline="central">
          {props.center}
        </text>
      )}
    </svg>
  );
}
