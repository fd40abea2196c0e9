import classes from "./Sparkline.module.css";

type SparklineProps = {
  /** In the order of time, equally far apart; null is a gap. */
  values: readonly (number | null)[];
  height: number;
  /** A CSS colour. */
  color?: string;
  /** What it shows, where nothing beside it says so. */
  label?: string;
};

const WIDTH = 100;

/** The shape of a course, without axes; as wide as its place. */
export function Sparkline({ values, height, color = "var(--accent)", label }: SparklineProps) {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0) return <div style={{ height }} />;
  const low = Math.min(...known, 0);
  const high = Math.max(...known);
  const y = (value: number) => height - 2 - ((value - low) / (high - low || 1)) * (height - 4);
  const x = (place: number) => (values.length < 2 ? WIDTH / 2 : (place / (values.length - 1)) * WIDTH);
  const runs = runsOf(values);
  return (
    <>
      {label !== undefined && <span className="sr-only">{label}</span>}
      <svg
        className={classes.root}
        viewBox={`0 0 ${WIDTH} ${height}`}
        height={height}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {runs.map((run) => {
          const line = run.map(([place, value]) => `${x(place).toFixed(2)},${y(value).toFixed(2)}`).join("L");
          const [first, last] = [x(run[0]?.[0] ?? 0), x(run.at(-1)?.[0] ?? 0)];
          return (
            <g key={first}>
              <path d={`M${first},${height}L${line}L${last},${height}Z`} fill={color} opacity={0.14} />
              <path
                d={`M${line}`}
                stroke={color}
                fill="none"
                strokeWidth={1.5}
                vectorEffect="non-scaling-stroke"
              />
            </g>
          );
        })}
      </svg>
    </>
  );
}

/** Stretches without a gap. */
function runsOf(values: readonly (number | null)[]): [number, number][][] {
  const runs: [number, number][][] = [];
  let current: [number, number][] = [];
  values.forEach((value, place) => {
    if (value === null || !Number.isFinite(value)) current = [];
    else {
      if (current.length === 0) runs.push(current);
      current.push([place, value]);
    }
  });
  return runs;
}
