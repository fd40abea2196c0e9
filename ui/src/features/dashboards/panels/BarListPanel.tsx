import { BarList } from "../../../charts/BarList";
import { lineColor } from "../../../charts/colors";
import type { Panel } from "../../../model/dashboards/document";
import { reduceValues } from "../../../model/dashboards/frames";
import { formatUnit, thresholdColor } from "../../../model/dashboards/units";
import { useDashboardStrings } from "../strings";
import type { PanelData } from "../usePanelData";
import classes from "./panels.module.css";

const BARS_MAX = 50;

/** A bar for each series or group. */
export function BarListPanel(props: { panel: Panel; data: PanelData }) {
  const t = useDashboardStrings();
  const { panel, data } = props;
  const unit = panel.unit || data.series[0]?.unit || "";
  const bars = data.series.slice(0, BARS_MAX).map((series, at) => {
    const value = reduceValues(series.values, panel.reduce);
    const color = thresholdColor(value, panel.thresholds) ?? lineColor(0);
    return { id: `${series.name} ${at}`, name: series.name, value, color };
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard
    <div className={classes.scroll} data-padded tabIndex={0}>
      <BarList
        bars={bars}
        format={(value) => formatUnit(value, unit, panel.decimals)}
        max={panel.max ?? undefined}
        label={panel.title || t("untitledPanel")}
      />
    </div>
  );
}
