import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type CostDimension, type CostOverTime, costOverTimeQuery } from "../../api/cost";
import type { Selection } from "../../api/queries";
import { formatCost } from "../../base/format";
import { toRfc3339 } from "../../base/time";
import { lineColor } from "../../charts/colors";
import { type Line, SeriesChart } from "../../charts/SeriesChart";
import { useReleases } from "../../widgets/releases/useReleases";
import classes from "./cost.module.css";
import { useCostStrings } from "./strings";

/** The costliest groups over time, on one another. A dragged stretch is looked at closer. */
export function CostChart(props: {
  selection: Selection;
  by: CostDimension;
  onZoom: (from: string, to: string) => void;
}) {
  const t = useCostStrings();
  const answer = useQuery(costOverTimeQuery(props.selection, props.by));
  const { marks } = useReleases(props.selection);
  if (answer.data === undefined) return <Skeleton height={180} />;
  const { interval_ms: step } = answer.data;
  const from = Math.floor(Date.parse(answer.data.from) / step) * step;
  const lines = linesOf(answer.data);
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>{t("overTime")}</h2>
      </div>
      <SeriesChart
        lines={lines}
        range={{ from, to: Date.parse(answer.data.to) }}
        step={step}
        format={formatCost}
        height={180}
        label={t("overTime")}
        kind="bar"
        isStacked
        min={0}
        marks={marks}
        onBrush={(start, end) => props.onZoom(toRfc3339(start), toRfc3339(end))}
      />
      <ul className={classes.legend}>
        {answer.data.series.map(({ name }, place) => (
          <li key={lines[place]?.id}>
            <span className={classes.dot} style={{ background: lines[place]?.color }} aria-hidden />
            {name === null ? t("others") : name || t("none")}
          </li>
        ))}
      </ul>
    </section>
  );
}

function linesOf(costs: CostOverTime): Line[] {
  return costs.series.map(({ name, points }, place) => ({
    id: name === null ? "rest" : `group ${name}`,
    times: points.map((point) => Date.parse(point.start_time)),
    values: points.map((point) => point.cost_usd),
    color: name === null ? "#98a1af" : lineColor(place),
    isShown: true,
  }));
}
