import type { Estimate, TrendBucket } from "../../../api/scores";
import { placeIn, trendSpan } from "../../../model/estimates";
import classes from "../parts/scores.module.css";

const WIDTH = 120;
const HEIGHT = 26;

/** A trend at a glance: the line of the estimates in the band of their intervals. */
export function Sparkline(props: {
  buckets: readonly TrendBucket[];
  of: (bucket: TrendBucket) => Estimate;
  range: { from: number; to: number };
  label: string;
}) {
  const { buckets, of, range } = props;
  const known = buckets.filter((bucket) => of(bucket).value !== null);
  if (known.length === 0) return <span className="muted">–</span>;
  const span = trendSpan(known.map(of));
  const x = (bucket: TrendBucket) => placeIn(range, Date.parse(bucket.start_time)) * WIDTH;
  const y = (end: number | null) => 2 + (1 - placeIn(span, end ?? span.from)) * (HEIGHT - 4);
  const line = known.map((bucket) => `${x(bucket)},${y(of(bucket).value)}`);
  const upper = known.map((bucket) => `${x(bucket)},${y(of(bucket).high ?? of(bucket).value)}`);
  const lower = known.map((bucket) => `${x(bucket)},${y(of(bucket).low ?? of(bucket).value)}`).reverse();
  const [only] = known.length === 1 ? known : [];
  return (
    <svg className={classes.spark} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.label}>
      <polygon points={[...upper, ...lower].join(" ")} />
      <polyline points={line.join(" ")} />
      {only && <circle cx={x(only)} cy={y(of(only).value)} r={2.5} />}
    </svg>
  );
}
