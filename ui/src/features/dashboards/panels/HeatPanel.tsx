import { useComputedColorScheme } from "@mantine/core";
import { useMemo, useState } from "react";
import { formatDateTime } from "../../../base/time";
import { heatScale } from "../../../charts/colors";
import { type HeatCell, HeatMap } from "../../../charts/HeatMap";
import type { Mark } from "../../../charts/marks";
import type { Panel } from "../../../model/dashboards/document";
import { heatGrid } from "../../../model/dashboards/heat";
import { formatUnit } from "../../../model/dashboards/units";
import { useDashboardStrings } from "../strings";
import type { PanelData } from "../usePanelData";
import classes from "./panels.module.css";

const SCALE_PX = 22;

type HeatPanelProps = {
  panel: Panel;
  data: PanelData;
  height: number;
  marks: readonly Mark[];
  onRange: (from: number, to: number) => void;
};

/** How a number spreads over time. */
export function HeatPanel(props: HeatPanelProps) {
  const t = useDashboardStrings();
  const { panel, data } = props;
  const [cell, setCell] = useState<HeatCell | null>(null);
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const grid = useMemo(() => heatGrid(data.series, data.window), [data.series, data.window]);
  const unit = panel.unit || grid.unit;
  const format = (value: number) => formatUnit(value, unit, panel.decimals);
  return (
    <div className={classes.chartBox}>
      <HeatMap
        x={grid.x}
        step={data.window.step}
        range={data.window}
        rows={grid.rows}
        counts={grid.counts}
        format={format}
        height={props.height - SCALE_PX}
        label={t("chartLabel", { title: panel.title || t("untitledPanel"), count: grid.rows.length })}
        marks={props.marks}
        onHover={setCell}
        onBrush={props.onRange}
      />
      {cell !== null && (
        <div
          className={classes.tip}
          style={{ top: cell.top + 14, left: `min(${cell.left + 76}px, max(0px, 100% - 230px))` }}
        >
          <div className="muted">{formatDateTime(cell.from).slice(0, 19)}</div>
          <div>
            {format(cell.row.low)} – {format(cell.row.high)}: <b>{formatUnit(cell.count, "")}</b>
          </div>
        </div>
      )}
      <div className={classes.scale} aria-hidden>
        <span>1</span>
        {heatScale(scheme).map((color) => (
          <i key={color} style={{ background: color }} />
        ))}
        <span>{formatUnit(grid.most, "")}</span>
      </div>
    </div>
  );
}
