import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { histogramQuery, type Selection } from "../../api/queries";
import { formatCompact, formatDuration } from "../../base/format";
import { toRfc3339 } from "../../base/time";
import { TimeChart, type TimeSeries } from "../../charts/TimeChart";
import { ErrorState } from "../../widgets/ErrorState";
import { useReleases } from "../../widgets/releases/useReleases";
import { useUserStrings } from "./strings";
import classes from "./User.module.css";

const BUCKETS = 72;
const HEIGHT = 120;

/** The user's traces over time; dragging zooms. */
export function Activity(props: { selection: Selection; onZoom: (from: string, to: string) => void }) {
  const t = useUserStrings();
  const answer = useQuery(histogramQuery(props.selection, BUCKETS));
  const { marks } = useReleases(props.selection);
  const { data } = answer;
  const x = useMemo(
    () => data?.buckets.map((bucket) => Date.parse(bucket.start_time) + data.bucket_ms / 2) ?? [],
    [data],
  );
  const series = useMemo<TimeSeries[]>(
    () => [
      {
        label: t("count"),
        values: data?.buckets.map((bucket) => bucket.count) ?? [],
        kind: "bars",
        axis: "left",
        color: "--chart-count",
      },
      {
        label: t("failed"),
        values: data?.buckets.map((bucket) => bucket.error_count) ?? [],
        kind: "bars",
        axis: "left",
        color: "--chart-error",
      },
    ],
    [data, t],
  );
  return (
    <section className={classes.section} aria-label={t("activity")}>
      <h2 className={classes.sectionTitle}>{t("activity")}</h2>
      {answer.error ? (
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      ) : data ? (
        <TimeChart
          x={x}
          range={{ from: Date.parse(data.from), to: Date.parse(data.to) }}
          series={series}
          formatLeft={formatCompact}
          formatRight={formatDuration}
          height={HEIGHT}
          label={t("activity")}
          marks={marks}
          onBrush={(from, to) => props.onZoom(toRfc3339(from), toRfc3339(Math.max(to, from + 1000)))}
        />
      ) : (
        <Skeleton height={HEIGHT} radius={0} />
      )}
    </section>
  );
}
