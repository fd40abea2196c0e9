import { Sparkline } from "../../../charts/Sparkline";
import type { Panel } from "../../../model/dashboards/document";
import { reduceValues } from "../../../model/dashboards/frames";
import { formatUnit, thresholdColor } from "../../../model/dashboards/units";
import type { PanelData } from "../usePanelData";
import classes from "./panels.module.css";

const VALUES_MAX = 12;

/** One number a series, with its course behind it. */
export function ValuePanel(props: { panel: Panel; data: PanelData; height: number }) {
  const { panel, data, height } = props;
  const shown = data.series.slice(0, VALUES_MAX);
  const isOne = shown.length === 1;
  return (
    <div className={classes.values} data-one={isOne || undefined}>
      {shown.map((series, at) => {
        const unit = panel.unit || series.unit;
        const course =
          data.trend.find((one) => one.name === series.name) ?? (at === 0 ? data.trend[0] : undefined);
        const value = reduceValues(series.values, panel.reduce);
        const color = thresholdColor(value, panel.thresholds) ?? "var(--text)";
        const values = course?.values ?? (series.values.length > 1 ? series.values : []);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: two series may have one name
          <div key={`${series.name} ${at}`} className={classes.value}>
            {!isOne && <span className={classes.valueName}>{series.name}</span>}
            <output className={classes.number} style={{ color, fontSize: sizeOf(height, shown.length) }}>
              {value === null ? "–" : formatUnit(value, unit, panel.decimals)}
            </output>
            {isOne && height > 90 && (
              <Sparkline values={values} height={Math.min(height - 62, 90)} color={sparkColor(color)} />
            )}
          </div>
        );
      })}
    </div>
  );
}

function sparkColor(color: string): string {
  return color === "var(--text)" ? "var(--accent)" : color;
}

function sizeOf(height: number, count: number): number {
  return count > 1 ? 20 : Math.min(Math.max(height * 0.32, 20), 40);
}
