import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, useMemo, useState } from "react";
import { histogramQuery } from "../../../api/queries";
import { formatCompact, formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatDateTime, toRfc3339 } from "../../../base/time";
import type { Mark } from "../../../charts/marks";
import { TimeChart, type TimeSeries } from "../../../charts/TimeChart";
import type { ScopeState } from "../../../widgets/scope/useScopeState";
import classes from "../overview.module.css";
import { useOverviewStrings } from "../strings";

const BUCKETS = 96;
const HEIGHT = 150;

/** How many requests there were and how many failed; dragging narrows the page's time. */
export function TrafficSection(props: { scope: ScopeState; marks: readonly Mark[] }) {
  const t = useOverviewStrings();
  const language = useLanguage();
  const { data, isPending } = useQuery(histogramQuery(props.scope.selection, BUCKETS));
  const [hovered, setHovered] = useState<number | null>(null);
  const series = useMemo<TimeSeries[]>(
    () => [
      {
        label: t("requestsWord"),
        values: data?.buckets.map((bucket) => bucket.count) ?? [],
        kind: "bars",
        axis: "left",
        color: "--chart-count",
      },
      {
        label: t("failuresWord"),
        values: data?.buckets.map((bucket) => bucket.error_count) ?? [],
        kind: "bars",
        axis: "left",
        color: "--chart-error",
      },
    ],
    [data, t],
  );
  const x = useMemo(
    () => data?.buckets.map((bucket) => Date.parse(bucket.start_time) + data.bucket_ms / 2) ?? [],
    [data],
  );
  const bucket = hovered === null ? undefined : data?.buckets[hovered];
  const shown = bucket ? [bucket] : (data?.buckets ?? []);
  const sum = (value: (one: (typeof shown)[number]) => number) =>
    formatCount(
      shown.reduce((total, one) => total + value(one), 0),
      language,
    );
  const brush = (from: number, to: number) =>
    props.scope.change({ from: toRfc3339(from), to: toRfc3339(Math.max(to, from + 1000)) });
  return (
    <section className={classes.section} aria-labelledby="overview-traffic">
      <header className={classes.head}>
        <h2 id="overview-traffic">{t("traffic")}</h2>
        <span className={classes.mark} style={{ "--mark": "var(--chart-count)" } as CSSProperties}>
          {t("requests", { count: sum((one) => one.count) })}
        </span>
        <span className={classes.mark} style={{ "--mark": "var(--chart-error)" } as CSSProperties}>
          {t("failures", { count: sum((one) => one.error_count) })}
        </span>
        <span className={`${classes.end} muted`}>
          {bucket ? formatDateTime(bucket.start_time).slice(0, 19) : t("dragHint")}
        </span>
      </header>
      {isPending || data === undefined ? (
        <Skeleton height={HEIGHT} radius="sm" />
      ) : (
        <TimeChart
          x={x}
          range={{ from: Date.parse(data.from), to: Date.parse(data.to) }}
          series={series}
          formatLeft={formatCompact}
          formatRight={formatCompact}
          height={HEIGHT}
          label={t("traffic")}
          marks={props.marks}
          onBrush={brush}
          onHover={setHovered}
        />
      )}
    </section>
  );
}
