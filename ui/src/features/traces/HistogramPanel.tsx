import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { histogramQuery } from "../../api/queries";
import type { Histogram, HistogramBucket } from "../../api/types";
import { formatCompact, formatCost, formatCount, formatDuration } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatDateTime, toRfc3339 } from "../../base/time";
import { TimeChart, type TimeSeries } from "../../charts/TimeChart";
import { useListWords } from "../../widgets/list/strings";
import { useReleases } from "../../widgets/releases/useReleases";
import classes from "./HistogramPanel.module.css";
import { type ListTranslate, useListStrings } from "./strings";
import type { ListState } from "./useListState";

const HEIGHT = 108;
const BUCKETS = 72;
const LIVE_MS = 10_000;

/** How many traces, how many failed and how slow they were over time. Dragging zooms. */
export function HistogramPanel(props: { state: ListState }) {
  const t = useListStrings();
  const { selection, isLive, change } = props.state;
  const { marks } = useReleases(selection);
  const histogram = useQuery({
    ...histogramQuery(selection, BUCKETS),
    refetchInterval: isLive ? LIVE_MS : false,
  });
  const [hovered, setHovered] = useState<number | null>(null);
  const { data } = histogram;
  const series = useMemo(() => (data ? seriesOf(data, t) : []), [data, t]);
  const x = useMemo(
    () => data?.buckets.map((bucket) => Date.parse(bucket.start_time) + data.bucket_ms / 2),
    [data],
  );
  const zoom = (from: number, to: number) =>
    change({ from: toRfc3339(from), to: toRfc3339(Math.max(to, from + 1000)), live: null });

  return (
    <section className={classes.panel} aria-label={t("chart")}>
      <Readout histogram={data} index={hovered} />
      {data && x ? (
        <TimeChart
          x={x}
          range={{ from: Date.parse(data.from), to: Date.parse(data.to) }}
          series={series}
          formatLeft={formatCompact}
          formatRight={formatDuration}
          height={HEIGHT}
          label={t("chart")}
          marks={marks}
          onBrush={zoom}
          onHover={setHovered}
        />
      ) : (
        <div className={classes.blank} style={{ height: HEIGHT }}>
          {histogram.isPending && <Skeleton height="70%" radius={0} className={classes.skeleton} />}
        </div>
      )}
    </section>
  );
}

function seriesOf(histogram: Histogram, t: ListTranslate): TimeSeries[] {
  const pick = (value: (bucket: HistogramBucket) => number | null) => histogram.buckets.map(value);
  return [
    { label: t("title"), values: pick((b) => b.count), kind: "bars", axis: "left", color: "--chart-count" },
    {
      label: t("error"),
      values: pick((b) => b.error_count),
      kind: "bars",
      axis: "left",
      color: "--chart-error",
    },
    {
      label: "p50",
      values: pick((b) => b.duration_p50_ms),
      kind: "line",
      axis: "right",
      color: "--chart-p50",
    },
    {
      label: "p99",
      values: pick((b) => b.duration_p99_ms),
      kind: "line",
      axis: "right",
      color: "--chart-p99",
      isDashed: true,
    },
  ];
}

/** The legend, with the numbers under the pointer or those of the whole range. */
function Readout(props: { histogram: Histogram | undefined; index: number | null }) {
  const t = useListStrings();
  const words = useListWords();
  const language = useLanguage();
  const { histogram } = props;
  const bucket = props.index === null ? undefined : histogram?.buckets[props.index];
  const sum = (value: (b: HistogramBucket) => number | null) =>
    histogram?.buckets.reduce((total, b) => total + (value(b) ?? 0), 0) ?? 0;
  const count = bucket ? bucket.count : sum((b) => b.count);
  const errors = bucket ? bucket.error_count : sum((b) => b.error_count);
  const cost = bucket ? bucket.cost_usd : knownSum(histogram);
  const costText = formatCost(cost);
  return (
    <div className={classes.readout}>
      <span className={classes.entry} data-series="count">
        {histogram ? t("traces", { count: formatCount(count, language) }) : "–"}
      </span>
      <span className={classes.entry} data-series="error">
        {histogram ? t("errors", { count: formatCount(errors, language) }) : "–"}
      </span>
      <span className={classes.entry} data-series="p50">
        {t("p50")} {bucket ? formatDuration(bucket.duration_p50_ms) : ""}
      </span>
      <span className={classes.entry} data-series="p99">
        {t("p99")} {bucket ? formatDuration(bucket.duration_p99_ms) : ""}
      </span>
      {costText && <span className="muted">{costText}</span>}
      <span className={classes.when}>
        {bucket ? formatDateTime(bucket.start_time).slice(0, 19) : words("chartHint")}
      </span>
    </div>
  );
}

/** Null where no bucket has a priced call: nothing known is not zero. */
function knownSum(histogram: Histogram | undefined): number | null {
  const known = histogram?.buckets.map((b) => b.cost_usd).filter((cost) => cost !== null) ?? [];
  return known.length === 0 ? null : known.reduce((total, cost) => total + cost, 0);
}
