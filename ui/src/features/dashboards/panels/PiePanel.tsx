import { lineColor } from "../../../charts/colors";
import { Donut } from "../../../charts/Donut";
import type { Panel } from "../../../model/dashboards/document";
import { reduceValues } from "../../../model/dashboards/frames";
import { formatUnit } from "../../../model/dashboards/units";
import { useDashboardStrings } from "../strings";
import type { PanelData } from "../usePanelData";
import classes from "./panels.module.css";

/** Thinner slices cannot be told from each other. */
const SLICES_MAX = 12;

/** Parts of a whole, with the numbers beside them. */
export function PiePanel(props: { panel: Panel; data: PanelData; height: number }) {
  const t = useDashboardStrings();
  const { panel, data } = props;
  const unit = panel.unit || data.series[0]?.unit || "";
  const format = (value: number) => formatUnit(value, unit, panel.decimals);
  const slices = data.series
    .flatMap((series) => {
      const value = reduceValues(series.values, panel.reduce);
      return value === null || value <= 0 ? [] : [{ id: series.name, value }];
    })
    .sort((one, other) => other.value - one.value)
    .slice(0, SLICES_MAX)
    .map((slice, at) => ({ ...slice, color: lineColor(at) }));
  const total = slices.reduce((sum, slice) => sum + slice.value, 0);
  const size = Math.max(80, Math.min(props.height - 16, 190));
  return (
    <div className={classes.pie}>
      <Donut
        slices={slices}
        size={size}
        format={format}
        center={format(total)}
        label={t("chartLabel", { title: panel.title || t("untitledPanel"), count: slices.length })}
      />
      {panel.legend !== "none" && (
        <ul className={classes.pieLegend}>
          {slices.map((slice) => (
            <li key={slice.id}>
              <i style={{ background: slice.color }} />
              <span className="cut" title={slice.id}>
                {slice.id}
              </span>
              <b>{format(slice.value)}</b>
              <span className="muted">{Math.round((slice.value / total) * 100)} %</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
