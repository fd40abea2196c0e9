import { useRef } from "react";
import type uPlot from "uplot";
import { cssColor } from "./colors";
import classes from "./TimeChart.module.css";
import { timeLabels } from "./timeAxis";
import { BRUSH_PX_MIN, brush, usePlot } from "./usePlot";

export type Line = {
  id: string;
  times: readonly number[];
  values: readonly number[];
  color: string;
  isShown: boolean;
};

type SeriesChartProps = {
  lines: readonly Line[];
  range: { from: number; to: number };
  /** The distance of evaluations: a longer one between two points is a gap. */
  step: number;
  format: (value: number) => string;
  height: number;
  label: string;
  onBrush: (from: number, to: number) => void;
  /** The time under the pointer; null when it leaves. */
  onHover: (time: number | null) => void;
};

/** Any number of lines over time on one axis. */
export function SeriesChart(props: SeriesChartProps) {
  const latest = useRef(props);
  latest.current = props;
  const host = usePlot({
    height: props.height,
    shape: props.lines.map((line) => `${line.id}${line.isShown}${line.color}`).join("\n"),
    options: (element) => options(element, latest),
    data: () => aligned(latest.current),
    inputs: [props.lines, props.range.from, props.range.to],
  });

  return (
    <div
      ref={host}
      className={classes.chart}
      role="img"
      aria-label={props.label}
      style={{ height: props.height }}
    />
  );
}

/** All lines on the times of the evaluations, with null where a line has no value. */
function aligned({ lines, range, step }: SeriesChartProps): uPlot.AlignedData {
  const count = Math.floor((range.to - range.from) / step) + 1;
  const times = Array.from({ length: count }, (_, position) => range.from + position * step);
  const columns = lines.map((line) => {
    const column: (number | null)[] = new Array(count).fill(null);
    line.times.forEach((time, position) => {
      const value = line.values[position];
      const slot = Math.round((time - range.from) / step);
      if (slot >= 0 && slot < count && value !== undefined && Number.isFinite(value)) column[slot] = value;
    });
    return column;
  });
  return [times, ...columns];
}

function options(element: HTMLElement, latest: { readonly current: SeriesChartProps }): uPlot.Options {
  const props = latest.current;
  const axis: uPlot.Axis = {
    stroke: cssColor(element, "--muted"),
    font: '11px "Inter", "Segoe UI", sans-serif',
    ticks: { show: false },
    grid: { stroke: cssColor(element, "--line"), width: 1 },
  };
  return {
    width: Math.max(element.clientWidth, 50),
    height: props.height,
    ms: 1,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false, dist: BRUSH_PX_MIN },
    },
    scales: {
      x: { time: true, range: () => [latest.current.range.from, latest.current.range.to] },
      y: { range: (_plot, low, high) => valueRange(low, high) },
    },
    axes: [
      {
        ...axis,
        size: 22,
        gap: 4,
        space: 80,
        values: (_plot, ticks, _axis, _space, step) => timeLabels(ticks, step),
      },
      {
        ...axis,
        size: 62,
        gap: 6,
        space: 34,
        values: (_plot, ticks) => ticks.map((value) => latest.current.format(value)),
      },
    ],
    series: [{}, ...props.lines.map((line) => lineOptions(element, line))],
    hooks: {
      setSelect: [(chart) => brush(chart, latest.current.onBrush)],
      setCursor: [(chart) => latest.current.onHover(chart.cursor.idx == null ? null : timeAt(chart))],
    },
  };
}

function timeAt(chart: uPlot): number | null {
  return chart.data[0][chart.cursor.idx ?? -1] ?? null;
}

/** From zero where the values are near it, else around them. */
function valueRange(low: number | null, high: number | null): [number, number] {
  const min = low ?? 0;
  const max = high ?? 0;
  if (min === max) return min === 0 ? [0, 1] : [Math.min(0, min * 1.2), Math.max(0, max * 1.2)];
  const room = (max - min) * 0.08;
  return [min >= 0 && min < (max - min) * 2 ? 0 : min - room, max + room];
}

function lineOptions(element: HTMLElement, line: Line): uPlot.Series {
  const hasOnePoint = line.times.length < 2;
  return {
    label: line.id,
    scale: "y",
    show: line.isShown,
    stroke: line.color.startsWith("--") ? cssColor(element, line.color) : line.color,
    width: 1.5,
    spanGaps: false,
    points: { show: hasOnePoint, size: 5 },
  };
}
