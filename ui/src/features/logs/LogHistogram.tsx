import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { logHistogramQuery } from "../../api/queries";
import type { LogHistogram as Answer, LogBucket } from "../../api/types";
import { formatCompact, formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatDateTime, toRfc3339 } from "../../base/time";
import { TimeChart, type TimeSeries } from "../../charts/TimeChart";
import { type Choice, choicesOf } from "../../model/filterText";
import { useListWords } from "../../widgets/list/strings";
import classes from "./LogHistogram.module.css";
import { SEVERITY_GROUPS, type SeverityGroup } from "./severityGroups";
import { useLogsStrings } from "./strings";
import type { LogsState } from "./useLogsState";

const HEIGHT = 92;
const BUCKETS = 72;
const LIVE_MS = 10_000;

/** How many records of each severity there were over time. Dragging zooms; the legend filters. */
export function LogHistogram(props: {
  state: LogsState;
  onFilter: (field: string, value: string, choice: Choice) => void;
}) {
  const t = useLogsStrings();
  const { selection, isLive, change } = props.state;
  const histogram = useQuery({
    ...logHistogramQuery(selection, BUCKETS),
    refetchInterval: isLive ? LIVE_MS : false,
  });
  const [hovered, setHovered] = useState<number | null>(null);
  const { data } = histogram;
  const series = useMemo(() => (data ? stacked(data) : []), [data]);
  const x = useMemo(
    () => data?.buckets.map((bucket) => Date.parse(bucket.start_time) + data.bucket_ms / 2),
    [data],
  );
  const zoom = (from: number, to: number) =>
    change({ from: toRfc3339(from), to: toRfc3339(Math.max(to, from + 1000)), live: null });
  return (
    <section className={classes.panel} aria-label={t("chart")}>
      <Legend histogram={data} index={hovered} filter={props.state.filter} onFilter={props.onFilter} />
      {data && x ? (
        <TimeChart
          x={x}
          range={{ from: Date.parse(data.from), to: Date.parse(data.to) }}
          series={series}
          formatLeft={formatCompact}
          formatRight={formatCompact}
          height={HEIGHT}
          label={t("chart")}
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

function countOf(bucket: LogBucket, group: SeverityGroup): number {
  return group.severities.reduce((sum, severity) => sum + (bucket.by_severity[severity] ?? 0), 0);
}

/**
 * Bars that are drawn over each other, the whole first: what is left in sight of each is its own group, with
 * the worst at the bottom, where the eye compares best.
 */
function stacked(histogram: Answer): TimeSeries[] {
  return SEVERITY_GROUPS.map((group, position) => ({
    label: group.id,
    values: histogram.buckets.map((bucket) =>
      SEVERITY_GROUPS.slice(position).reduce((sum, part) => sum + countOf(bucket, part), 0),
    ),
    kind: "bars",
    axis: "left",
    color: group.color,
  }));
}

/** The groups with their numbers under the pointer, or those of the whole range. */
function Legend(props: {
  histogram: Answer | undefined;
  index: number | null;
  filter: string;
  onFilter: (field: string, value: string, choice: Choice) => void;
}) {
  const t = useLogsStrings();
  const words = useListWords();
  const language = useLanguage();
  const buckets = props.histogram?.buckets;
  const bucket = props.index === null ? undefined : buckets?.[props.index];
  const shown = bucket ? [bucket] : (buckets ?? []);
  const total = shown.reduce((sum, one) => sum + one.count, 0);
  const chosen = choicesOf(props.filter, "severity").include;
  return (
    <div className={classes.readout}>
      <span className={classes.total}>
        {buckets ? t("records", { count: formatCount(total, language) }) : "–"}
      </span>
      {[...SEVERITY_GROUPS].reverse().map((group) => {
        const count = shown.reduce((sum, one) => sum + countOf(one, group), 0);
        if (count === 0 && bucket === undefined) return null;
        return (
          <button
            key={group.id}
            type="button"
            className={classes.entry}
            style={{ "--mark": `var(${group.color})` } as React.CSSProperties}
            aria-pressed={group.severities.some((severity) => chosen.has(severity))}
            disabled={group.filterValue === null}
            onClick={() =>
              group.filterValue !== null && props.onFilter("severity", group.filterValue, "include")
            }
          >
            {t(group.id)} {buckets ? formatCount(count, language) : ""}
          </button>
        );
      })}
      <span className={classes.when}>
        {bucket ? formatDateTime(bucket.start_time).slice(0, 19) : words("chartHint")}
      </span>
    </div>
  );
}
