import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Estimate, type ScoreSelection, type ScoreTrend, scoreTrendQuery } from "../../../api/scores";
import { formatCount, formatPercent } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatDateTime } from "../../../base/time";
import { BandChart, type BandLine } from "../../../charts/BandChart";
import { lineColor } from "../../../charts/colors";
import { formatNumber } from "../../../model/estimates";
import { Problem } from "../../../widgets/cards/Problem";
import { EstimateText } from "../parts/EstimateText";
import classes from "../parts/scores.module.css";
import { useScoresStrings } from "../strings";

const BUCKETS = 48;
const HEIGHT = 176;
const LINES_MAX = 5;

/** The score over time, in the band of its intervals. Dragging zooms. */
export function Trend(props: {
  scope: ScoreSelection;
  of: { name: string; data_type: string };
  range: { from: number; to: number };
  onRange: (from: number, to: number) => void;
}) {
  const t = useScoresStrings();
  const language = useLanguage();
  const trend = useQuery(scoreTrendQuery(props.scope, props.of, BUCKETS));
  const [hovered, setHovered] = useState<number | null>(null);
  const { data } = trend;
  const buckets = data?.groups[0]?.buckets ?? [];
  const lines = useMemo(() => (data ? linesOf(data, props.of.name) : []), [data, props.of.name]);
  const x = useMemo(
    () => buckets.map((bucket) => Date.parse(bucket.start_time) + (data?.bucket_ms ?? 0) / 2),
    [buckets, data],
  );
  const isShare = data !== undefined && data.data_type !== "numeric";
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
          bounds={isShare ? { from: 0, to: 1 } : undefined}
          height={HEIGHT}
          label={t("trendOf", { name: props.of.name })}
          onBrush={props.onRange}
          onHover={setHovered}
        />
      )}
    </section>
  );
}

/** Of categories a line each, of all else one. */
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
      buckets.map((bucket) => bucket.shares?.[place]?.share ?? NOTHING),
    ),
  );
}

const NOTHING: Estimate = { value: null, low: null, high: null };

function lineOf(label: string, color: string, estimates: readonly Estimate[]): BandLine {
  return {
    label,
    color,
    values: estimates.map((one) => one.value),
    lows: estimates.map((one) => one.low ?? one.value),
    highs: estimates.map((one) => one.high ?? one.value),
  };
}
