import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Estimate, type ScoreSelection, type ScoreTrend, scoreTrendQuery } from "../../../api/scores";
import { formatCount, formatPercent } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatDateTime } from "../../../base/time";
import { BandChart, type BandLine } from "../../../charts/BandChart";
import { lineColor } from "../../../charts/colors";
import { formatNumber, trendSpan } from "../../../model/estimates";
import { Problem } from "../../../widgets/cards/Problem";
import { useReleases } from "../../../widgets/releases/useReleases";
import { EstimateText } from "../parts/EstimateText";
import classes from "../parts/scores.module.css";
import { useScoresStrings } from "../strings";

const BUCKETS = { min: 8, max: 48 };
/** So many scores make a bucket worth drawing. */
const SCORES_OF_BUCKET = 8;
const HEIGHT = 176;
const LINES_MAX = 5;

/** The score over time, in the band of its intervals. Dragging zooms. */
export function Trend(props: {
  scope: ScoreSelection;
  of: { name: string; data_type: string };
  /** How many scores there are. */
  count: number;
  range: { from: number; to: number };
  onRange: (from: number, to: number) => void;
}) {
  const t = useScoresStrings();
  const language = useLanguage();
  const wanted = Math.round(props.count / SCORES_OF_BUCKET);
  const count = Math.max(BUCKETS.min, Math.min(BUCKETS.max, wanted));
  const trend = useQuery(scoreTrendQuery(props.scope, props.of, count));
  const { project, from, to, filter } = props.scope;
  const { marks } = useReleases({ project, from, to, filter });
  const [hovered, setHovered] = useState<number | null>(null);
  const { data } = trend;
  const buckets = data?.groups[0]?.buckets ?? [];
  const lines = useMemo(() => (data ? linesOf(data, props.of.name) : []), [data, props.of.name]);
  const x = useMemo(
    () => buckets.map((bucket) => Date.parse(bucket.start_time) + (data?.bucket_ms ?? 0) / 2),
    [buckets, data],
  );
  const isShare = data !== undefined && data.data_type !== "numeric";
  const span = useMemo(() => spanOfLines(data, isShare), [data, isShare]);
  const bucket = hovered === null ? undefined : buckets[hovered];
  return (
    <section className={classes.panel}>
      <div className={classes.head}>
        <h2>{t("trend")}</h2>
        {lines.length > 1 &&
          lines.map((line) => (
            <small key={line.label} style={{ color: line.color }}>
              {line.label}
            </small>
          ))}
        {bucket && (
          <small className={classes.end}>
            {formatDateTime(bucket.start_time).slice(0, 16)} ·{" "}
            {data?.data_type !== "categorical" && <EstimateText estimate={bucket.mean} isShare={isShare} />} ·{" "}
            {formatCount(bucket.count, language)}
          </small>
        )}
      </div>
      <Problem error={trend.error} />
      {trend.isPending ? (
        <Skeleton height={HEIGHT} />
      ) : (
        <BandChart
          x={x}
          range={props.range}
          lines={lines}
          format={isShare ? formatPercent : (value) => formatNumber(value)}
          span={span}
          height={HEIGHT}
          label={t("trendOf", { name: props.of.name })}
          marks={marks}
          onBrush={props.onRange}
          onHover={setHovered}
        />
      )}
    </section>
  );
}

function spanOfLines(trend: ScoreTrend | undefined, isShare: boolean): { from: number; to: number } {
  const buckets = trend?.groups[0]?.buckets ?? [];
  const estimates =
    trend?.data_type === "categorical"
      ? buckets.flatMap((bucket) => bucket.shares?.slice(0, LINES_MAX).map(({ share }) => share) ?? [])
      : buckets.map((bucket) => bucket.mean);
  const { from, to } = trendSpan(estimates);
  return isShare ? { from: Math.max(0, from), to: Math.min(1, to) } : { from, to };
}

/** Of categories a line each, whose bands would cover each other; of all else one. */
function linesOf(trend: ScoreTrend, name: string): BandLine[] {
  const buckets = trend.groups[0]?.buckets ?? [];
  if (trend.data_type !== "categorical")
    return [
      lineOf(
        name,
        "--accent",
        buckets.map((bucket) => bucket.mean),
      ),
    ];
  return trend.categories.slice(0, LINES_MAX).map((category, place) =>
    lineOf(
      category,
      lineColor(place),
      buckets.map((bucket) => pointOf(bucket.shares?.[place]?.share.value ?? null)),
    ),
  );
}

function pointOf(value: number | null): Estimate {
  return { value, low: null, high: null };
}

function lineOf(label: string, color: string, estimates: readonly Estimate[]): BandLine {
  return {
    label,
    color,
    values: estimates.map((one) => one.value),
    lows: estimates.map((one) => one.low ?? one.value),
    highs: estimates.map((one) => one.high ?? one.value),
  };
}
