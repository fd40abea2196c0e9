import { useMemo } from "react";
import type { SqlResult } from "../../api/sql";
import { formatDateTime } from "../../base/time";
import { BarList } from "../../charts/BarList";
import { lineColor } from "../../charts/colors";
import { Donut } from "../../charts/Donut";
import { SeriesChart } from "../../charts/SeriesChart";
import { EmptyState } from "../../widgets/EmptyState";
import classes from "./ResultChart.module.css";
import { type Plot, plotOf } from "./result";
import type { ChartKind } from "./search";
import { useSqlStrings } from "./strings";

const HEIGHT_PX = 320;

/** A result as a picture: numbers over its first time, else beside its texts. */
export function ResultChart({ result, kind }: { result: SqlResult; kind: ChartKind }) {
  const t = useSqlStrings();
  const plot = useMemo(() => plotOf(result), [result]);
  if (plot === null) return <EmptyState title={t("notDrawn")}>{t("notDrawnHint")}</EmptyState>;
  return (
    <div className={classes.root}>
      {plot.kind === "time" && kind !== "pie" ? (
        <OverTime plot={plot} kind={kind} />
      ) : (
        <Groups plot={plot} isPie={kind === "pie"} />
      )}
    </div>
  );
}

function OverTime({ plot, kind }: { plot: Extract<Plot, { kind: "time" }>; kind: "line" | "area" | "bar" }) {
  const t = useSqlStrings();
  const lines = useMemo(
    () =>
      plot.series.map((one, place) => ({
        id: one.name,
        times: one.times,
        values: one.values,
        color: lineColor(place),
        isShown: true,
      })),
    [plot],
  );
  const range = useMemo(() => ({ from: plot.from, to: plot.to }), [plot]);
  return (
    <>
      <SeriesChart
        lines={lines}
        range={range}
        step={plot.step}
        kind={kind}
        isStacked={kind !== "line" && lines.length > 1}
        format={formatNumber}
        height={HEIGHT_PX}
        label={`${t("result")}: ${plot.series.map((one) => one.name).join(", ")}`}
      />
      <p className={classes.range}>
        {formatDateTime(plot.from).slice(0, 16)} – {formatDateTime(plot.to).slice(0, 16)}
      </p>
      <ul className={classes.legend}>
        {lines.map((line) => (
          <li key={line.id}>
            <span className={classes.swatch} style={{ background: line.color }} />
            {line.id}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Over time a pie shows what each series adds up to. */
function Groups({ plot, isPie }: { plot: Plot; isPie: boolean }) {
  const t = useSqlStrings();
  const groups =
    plot.kind === "groups"
      ? plot.groups
      : plot.series.map((one) => ({
          name: one.name,
          value: one.values.reduce((sum, value) => sum + value, 0),
        }));
  const label = plot.kind === "groups" ? plot.measure : t("result");
  const slices = groups.map((group, place) => ({
    id: group.name,
    value: group.value,
    color: lineColor(place),
  }));
  return (
    <div className={classes.groups}>
      {isPie && <Donut slices={slices} size={220} format={formatNumber} label={label} />}
      <div className={classes.bars}>
        <BarList bars={slices} format={formatNumber} label={label} />
      </div>
    </div>
  );
}

function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) >= 100 ? value.toFixed(1) : String(Number(value.toPrecision(4)));
}
