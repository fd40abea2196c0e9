import { useRef } from "react";
import uPlot from "uplot";
import { ChartBox } from "./ChartBox";
import { cssColor } from "./colors";
import type { Mark } from "./marks";
import { timeLabels } from "./timeAxis";
import { BRUSH_PX_MIN, brush, usePlot } from "./usePlot";

export type TimeSeries = {
  label: string;
  /** One value for every x; null is a gap. */
  values: readonly (number | null)[];
  kind: "bars" | "line";
  axis: "left" | "right";
  /** Name of a CSS variable. */
  color: string;
  isDashed?: boolean;
};

type TimeChartProps = {
  /** Milliseconds since the epoch, ascending. */
  x: readonly number[];
  /** The window that is shown, data or not. */
  range: { from: number; to: number };
  series: readonly TimeSeries[];
  formatLeft: (value: number) => string;
  formatRight: (value: number) => string;
  height: number;
  label: string;
  /** Releases, alerts and the like, as vertical lines. */
  marks?: readonly Mark[];
  /** A dragged window, in milliseconds. */
  onBrush?: (from: number, to: number) => void;
  /** The x under the pointer; null when it leaves. */
  onHover?: (index: number | null) => void;
};

/** Bars and lines over time with two axes and a brush. */
export function TimeChart(props: TimeChartProps) {
  const latest = useRef(props);
  latest.current = props;
  const host = usePlot({
    height: props.height,
    shape: props.series.map((series) => `${series.label}:${series.kind}:${series.axis}`).join("|"),
    options: (element) => options(element, latest),
    data: () => dataOf(latest.current),
    inputs: [props.x, props.series, props.range.from, props.range.to],
    ...(props.marks === undefined ? {} : { marks: props.marks }),
  });

  return <ChartBox host={host} overlay={props} label={props.label} height={props.height} />;
}

function dataOf(props: TimeChartProps): uPlot.AlignedData {
  return [[...props.x], ...props.series.map((series) => [...series.values])];
}

type Latest = { readonly current: TimeChartProps };

function options(element: HTMLElement, latest: Latest): uPlot.Options {
  const color = (variable: string) => cssColor(element, variable);
  const props = latest.current;
  const axis: uPlot.Axis = {
    stroke: color("--muted"),
    font: '11px "Inter", "Segoe UI", sans-serif',
    ticks: { show: false },
    grid: { stroke: color("--line"), width: 1 },
  };
  const hasRight = props.series.some((series) => series.axis === "right");
  return {
    width: Math.max(element.clientWidth, 50),
    height: props.height,
    ms: 1,
    padding: [6, hasRight ? 0 : 8, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: BRUSH_PX_MIN },
    },
    scales: {
      x: { time: true, range: () => [latest.current.range.from, latest.current.range.to] },
      left: { range: (_plot, _min, max) => [0, Math.max(max ?? 0, 1) * 1.08] },
      right: { range: (_plot, _min, max) => [0, Math.max(max ?? 0, 0.001) * 1.08] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 20,
        gap: 3,
        space: 70,
        values: (_plot, ticks, _axis, _space, step) => timeLabels(ticks, step),
      },
      {
        ...axis,
        scale: "left",
        size: 42,
        gap: 4,
        space: 26,
        values: (_plot, ticks) => ticks.map((v) => latest.current.formatLeft(v)),
      },
      {
        ...axis,
        show: hasRight,
        scale: "right",
        side: 1,
        size: 52,
        gap: 4,
        space: 26,
        grid: { show: false },
        values: (_plot, ticks) => ticks.map((v) => latest.current.formatRight(v)),
      },
    ],
    series: [{}, ...props.series.map((series) => seriesOptions(series, color))],
    hooks: {
      setSelect: [(chart) => brush(chart, latest.current.onBrush)],
      setCursor: [(chart) => latest.current.onHover?.(chart.cursor.idx ?? null)],
    },
  };
}

function seriesOptions(series: TimeSeries, color: (variable: string) => string): uPlot.Series {
  const stroke = color(series.color);
  if (series.kind === "line") {
    return {
      label: series.label,
      scale: series.axis,
      stroke,
      width: 1.5,
      spanGaps: false,
      points: { show: (chart) => chart.data[0].length <= 2, size: 4 },
      ...(series.isDashed ? { dash: [4, 3] } : {}),
    };
  }
  const bars = uPlot.paths.bars?.({ size: [0.86, 60], align: 0, radius: 0.1 });
  return {
    label: series.label,
    scale: series.axis,
    fill: stroke,
    width: 0,
    points: { show: false },
    ...(bars ? { paths: bars } : {}),
  };
}
