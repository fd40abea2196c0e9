import { useMemo, useState } from "react";
import { lineColor } from "../../../charts/colors";
import type { Mark } from "../../../charts/marks";
import { type Line, type Place, SeriesChart } from "../../../charts/SeriesChart";
import type { Panel } from "../../../model/dashboards/document";
import { formatUnit, variableOf } from "../../../model/dashboards/units";
import { useDashboardStrings } from "../strings";
import type { PanelData } from "../usePanelData";
import classes from "./panels.module.css";
import { SeriesLegend } from "./SeriesLegend";
import { TimeTip } from "./TimeTip";

/** More would be a carpet, and slow. */
const LINES_MAX = 60;
const LEGEND_PX = { list: 26, table: 92, none: 0 };

type TimePanelProps = {
  panel: Panel;
  data: PanelData;
  height: number;
  marks: readonly Mark[];
  syncKey: string;
  onRange: (from: number, to: number) => void;
};

/** Lines, areas or bars over time. */
export function TimePanel(props: TimePanelProps) {
  const t = useDashboardStrings();
  const { panel, data } = props;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [hovered, setHovered] = useState<{ time: number; place: Place } | null>(null);
  const series = data.series;
  const lines = useMemo(
    () =>
      distinct(series.slice(0, LINES_MAX)).map(
        (one, at): Line => ({
          id: one.name,
          times: one.times,
          values: one.values,
          color: one.labels.status === "error" ? "--chart-error" : lineColor(at),
          isShown: !hidden.has(one.name),
        }),
      ),
    [series, hidden],
  );
  const unit = panel.unit || series[0]?.unit || "";
  const format = (value: number) => formatUnit(value, unit, panel.decimals);
  const isLegendShown = panel.legend !== "none" && (lines.length > 1 || panel.legend === "table");
  const height = Math.max(props.height - (isLegendShown ? LEGEND_PX[panel.legend] : 0), 60);
  return (
    <div className={classes.chartBox}>
      <SeriesChart
        lines={lines}
        range={data.window}
        step={data.window.step}
        format={format}
        height={height}
        label={t("chartLabel", { title: panel.title || t("untitledPanel"), count: lines.length })}
        kind={panel.kind === "area" || panel.kind === "bar" ? panel.kind : "line"}
        isStacked={panel.is_stacked}
        min={panel.min ?? undefined}
        max={panel.max ?? undefined}
        thresholds={panel.thresholds.map((one) => ({ value: one.value, color: variableOf(one.color) }))}
        marks={props.marks}
        syncKey={props.syncKey}
        onBrush={props.onRange}
        onHover={(time, place) => setHovered(time === null ? null : { time, place })}
      />
      {hovered !== null && (
        <TimeTip lines={lines} at={hovered} step={data.window.step} format={format} height={height} />
      )}
      {isLegendShown && (
        <SeriesLegend
          lines={lines}
          isTable={panel.legend === "table"}
          format={format}
          hidden={hidden}
          onHidden={setHidden}
          height={LEGEND_PX[panel.legend]}
        />
      )}
    </div>
  );
}

/** Two lines of one name are told apart by a number. */
function distinct<One extends { name: string }>(series: readonly One[]): One[] {
  const seen = new Map<string, number>();
  return series.map((one) => {
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    return count === 1 ? one : { ...one, name: `${one.name} (${count})` };
  });
}
