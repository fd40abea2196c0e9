import { SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type CSSProperties, useMemo, useState } from "react";
import type { ProjectName } from "../../../api/queries";
import { type HeatOf, heatmapQuery, type LatencyHeatmap } from "../../../api/signals";
import { formatCount, formatDuration } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { usePreference } from "../../../base/preferences";
import { formatDateTime, toRfc3339 } from "../../../base/time";
import { type HeatCell, HeatMap } from "../../../charts/HeatMap";
import type { Mark } from "../../../charts/marks";
import { Stale } from "../../../widgets/cards/Stale";
import { ErrorState } from "../../../widgets/ErrorState";
import type { ScopeState } from "../../../widgets/scope/useScopeState";
import { joinedFilter } from "../indicatorText";
import classes from "../overview.module.css";
import { cellFilter } from "./heatmapFilter";
import { type SignalWords, useSignalStrings } from "./signalStrings";

const HEIGHT = 220;
/** Of calls the traces are listed, which begin a little earlier. */
const LEAD_MS = 60_000;

/** How long calls, or whole requests, take at each time; single slow and failed ones as dots. */
export function HeatmapSection(props: { scope: ScopeState; marks: readonly Mark[] }) {
  const t = useSignalStrings();
  const { scope } = props;
  const [chosen, choose] = usePreference("overview.heat", "calls");
  const of: HeatOf = chosen === "traces" ? "traces" : "calls";
  const answer = useQuery(heatmapQuery(scope.selection, of));
  const [cell, setCell] = useState<HeatCell | null>(null);
  const { data } = answer;
  return (
    <section className={classes.section} aria-labelledby="overview-heatmap">
      <header className={classes.head}>
        <h2 id="overview-heatmap">{t("heatmap")}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t("heatOf")}
          value={of}
          onChange={choose}
          data={[
            { value: "calls", label: t("calls") },
            { value: "traces", label: t("traces") },
          ]}
        />
        <span className={classes.mark} style={{ "--mark": "var(--text)" } as CSSProperties}>
          {t("slowDot")}
        </span>
        <span className={classes.mark} style={{ "--mark": "var(--chart-error)" } as CSSProperties}>
          {t("failedDot")}
        </span>
        <CellText cell={cell} data={data} />
      </header>
      {data !== undefined && <Stale error={answer.error} />}
      {data === undefined && answer.error && (
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      )}
      {data === undefined && !answer.error && <Skeleton height={HEIGHT} radius="sm" />}
      {data?.rows.length === 0 && <span className="muted">{t("heatEmpty")}</span>}
      {data !== undefined && data.rows.length > 0 && (
        <Heat data={data} scope={scope} marks={props.marks} onHover={setCell} />
      )}
    </section>
  );
}

function Heat(props: {
  data: LatencyHeatmap;
  scope: ScopeState;
  marks: readonly Mark[];
  onHover: (cell: HeatCell | null) => void;
}) {
  const t = useSignalStrings();
  const navigate = useNavigate();
  const { data, scope } = props;
  const shape = useMemo(
    () => ({
      x: data.columns.map((column) => Date.parse(column.start_time)),
      counts: data.columns.map((column) => column.counts),
      rows: data.rows.map((row) => ({ low: row.low_ms, high: row.high_ms })),
    }),
    [data],
  );
  const { project } = scope.selection;
  const dots = useMemo(() => dotsOf(data, project, t), [data, project, t]);
  const open = (cell: HeatCell) => {
    const filter = joinedFilter(scope.selection.filter, cellFilter(data.of, cell.row));
    const from = toRfc3339(cell.from - (data.of === "calls" ? LEAD_MS : 0));
    void navigate({ to: "/traces", search: { from, to: toRfc3339(cell.to), filter } });
  };
  return (
    <HeatMap
      x={shape.x}
      step={data.bucket_ms}
      range={{ from: Date.parse(data.from), to: Date.parse(data.to) }}
      rows={shape.rows}
      counts={shape.counts}
      format={formatDuration}
      height={HEIGHT}
      label={t("heatmap")}
      dots={dots}
      marks={props.marks}
      onHover={props.onHover}
      onPick={open}
      onBrush={(from, to) =>
        scope.change({ from: toRfc3339(from), to: toRfc3339(Math.max(to, from + 1000)) })
      }
    />
  );
}

function dotsOf(data: LatencyHeatmap, project: ProjectName, t: SignalWords): (Mark & { value: number })[] {
  return data.examples.map((example) => {
    const duration = formatDuration(example.duration_ms);
    const search = new URLSearchParams();
    if (project !== null) search.set("project", project);
    if (example.span_id !== null) search.set("span", example.span_id);
    return {
      timeMs: Date.parse(example.start_time),
      value: example.duration_ms,
      label: t(example.is_error ? "failedExample" : "example", { duration }),
      color: example.is_error ? "--chart-error" : "--text",
      href: `/traces/${example.trace_id}?${search}`,
    };
  });
}

/** What is under the pointer. */
function CellText(props: { cell: HeatCell | null; data: LatencyHeatmap | undefined }) {
  const t = useSignalStrings();
  const language = useLanguage();
  const { cell, data } = props;
  if (cell === null) return <span className={`${classes.end} muted`}>{t("heatHint")}</span>;
  const column = data?.columns.find((one) => Date.parse(one.start_time) === cell.from);
  const row = data?.rows.findIndex((one) => one.low_ms === cell.row.low) ?? -1;
  const format = (count: number) => formatCount(count, language);
  return (
    <span className={`${classes.end} muted`}>
      {formatDateTime(cell.from).slice(5, 16)} ·{" "}
      {t("cell", { low: formatDuration(cell.row.low), high: formatDuration(cell.row.high) })} ·{" "}
      {t("inCell", { count: format(cell.count), failed: format(column?.error_counts[row] ?? 0) })}
    </span>
  );
}
