import { useRef } from "react";
import uPlot from "uplot";
import { ChartBox } from "./ChartBox";
import { cssColor } from "./colors";
import type { Mark } from "./marks";
import { stacked } from "./stack";
import { timeLabels } from "./timeAxis";
import { BRUSH_PX_MIN, brush, usePlot } from "./usePlot";

export type Line = {
  id: string;
  times: readonly number[];
  values: readonly number[];
  /** A colour or the name of a CSS variable. */
  color: string;
  isShown: boolean;
};

export type Threshold = { value: number; color: string };

/** Where the pointer is, in pixels from the top left of what is drawn on. */
export type Place = { left: number; top: number };

type SeriesChartProps = {
  lines: readonly Line[];
  range: { from: number; to: number };
  /** The distance of evaluations: a longer one between two points is a gap. */
  step: number;
  format: (value: number) => string;
  height: number;
  label: string;
  kind?: "line" | "area" | "bar";
  /** On one another instead of over one another. */
  isStacked?: boolean;
  /** Ends of the y axis; else it follows the values. */
  min?: number | undefined;
  max?: number | undefined;
  /** Horizontal lines. */
  thresholds?: readonly Threshold[];
  marks?: readonly Mark[];
  /** Charts of one key show the same moment when one of them is hovered. */
  syncKey?: string;
  onBrush?: (from: number, to: number) => void;
  /** The time under the pointer; null when it leaves. */
  onHover?: (time: number | null, place: Place) => void;
};

/** Any number of lines, areas or bars over time on one axis. */
export function SeriesChart(props: SeriesChartProps) {
  const latest = useRef(props);
  latest.current = props;
  const { kind = "line", isStacked = false } = props;
  const host = usePlot({
    height: props.height,
    shape: [
      kind,
      isStacked,
      ...props.lines.map((line) => `${line.id}${line.isShown}${line.color}`),
      ...(props.thresholds ?? []).map((threshold) => `${threshold.value}${threshold.color}`),
    ].join("\n"),
    options: (element) => options(element, latest),
    data: () => aligned(latest.current),
    inputs: [props.lines, props.range.from, props.range.to, props.min, props.max],
    ...(props.marks === undefined ? {} : { marks: props.marks }),
  });

  return <ChartBox host={host} overlay={props} label={props.label} height={props.height} />;
}

/** All lines on the times of the evaluations, with null where a line has no value. */
function aligned(props: SeriesChartProps): uPlot.AlignedData {
  const { lines, range, step } = props;
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
  return [times, ...drawnOrder(props, columns)];
}

/** Bars on one another are drawn from the highest on, each over the one before. */
function drawnOrder(props: SeriesChartProps, columns: (number | null)[][]): (number | null)[][] {
  if (!props.isStacked) return columns;
  const shown = columns.map((column, place) =>
    props.lines[place]?.isShown === false ? column.map(() => null) : column,
  );
  const sums = stacked(shown);
  return props.kind === "bar" ? sums.reverse() : sums;
}

function options(element: HTMLElement, latest: { readonly current: SeriesChartProps }): uPlot.Options {
  const props = latest.current;
  const axis: uPlot.Axis = {
    stroke: cssColor(element, "--muted"),
    font: '11px "Inter", "Segoe UI", sans-serif',
    ticks: { show: false },
    grid: { stroke: cssColor(element, "--line"), width: 1 },
  };
  const ordered = props.isStacked && props.kind === "bar" ? [...props.lines].reverse() : props.lines;
  return {
    width: Math.max(element.clientWidth, 50),
    height: props.height,
    ms: 1,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 6, show: props.kind !== "bar" },
      drag: { x: true, y: false, setScale: false, dist: BRUSH_PX_MIN },
      ...(props.syncKey === undefined
        ? {}
        : { sync: { key: props.syncKey, scales: ["x", null], setSeries: false } }),
    },
    scales: {
      x: { time: true, range: () => [latest.current.range.from, latest.current.range.to] },
      y: { range: (_plot, low, high) => boundedRange(latest.current, low, high) },
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
    series: [{}, ...ordered.map((line) => lineOptions(element, line, props))],
    ...(props.isStacked && props.kind !== "bar" ? { bands: bandsOf(props.lines) } : {}),
    hooks: {
      setSelect: [(chart) => brush(chart, latest.current.onBrush)],
      setCursor: [(chart) => hover(chart, latest.current)],
      draw: [(chart) => drawThresholds(chart, element, latest.current.thresholds ?? [])],
    },
  };
}

/** Between each line and the one that it stands on. */
function bandsOf(lines: readonly Line[]): uPlot.Band[] {
  return lines.slice(1).map((_, place) => ({ series: [place + 2, place + 1] }));
}

function hover(chart: uPlot, props: SeriesChartProps): void {
  const { idx, left = 0, top = 0 } = chart.cursor;
  props.onHover?.(idx == null ? null : (chart.data[0][idx] ?? null), { left, top });
}

function boundedRange(props: SeriesChartProps, low: number | null, high: number | null): [number, number] {
  const [min, max] = valueRange(low, high, props.kind === "bar" || props.isStacked === true);
  const bottom = props.min ?? min;
  return [bottom, Math.max(props.max ?? max, bottom + Number.EPSILON)];
}

/** From zero where the values are near it or are areas, else around them. */
function valueRange(low: number | null, high: number | null, isFromZero: boolean): [number, number] {
  const min = low ?? 0;
  const max = high ?? 0;
  if (min === max) return min === 0 ? [0, 1] : [Math.min(0, min * 1.2), Math.max(0, max * 1.2)];
  const room = (max - min) * 0.08;
  const isNearZero = min >= 0 && (isFromZero || min < (max - min) * 2);
  return [isNearZero ? 0 : min - room, max + room];
}

function lineOptions(element: HTMLElement, line: Line, props: SeriesChartProps): uPlot.Series {
  const stroke = resolved(element, line.color);
  const shared = { label: line.id, scale: "y", show: line.isShown || props.isStacked === true };
  if (props.kind === "bar") {
    const bars = uPlot.paths.bars?.({ size: [0.86, 60], align: 1 });
    return { ...shared, fill: stroke, width: 0, points: { show: false }, ...(bars ? { paths: bars } : {}) };
  }
  const hasOnePoint = line.times.length < 2;
  const share = props.isStacked ? 55 : 16;
  return {
    ...shared,
    stroke,
    width: props.isStacked ? 1 : 1.5,
    spanGaps: false,
    points: { show: hasOnePoint && props.isStacked !== true, size: 5 },
    ...(props.kind === "area" || props.isStacked
      ? { fill: `color-mix(in srgb, ${stroke} ${share}%, transparent)` }
      : {}),
  };
}

function drawThresholds(chart: uPlot, element: HTMLElement, thresholds: readonly Threshold[]): void {
  const { ctx, bbox } = chart;
  for (const threshold of thresholds) {
    const y = chart.valToPos(threshold.value, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.save();
    ctx.strokeStyle = resolved(element, threshold.color);
    ctx.lineWidth = 1.5;
    ctx.setLineDash([8, 5]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}

function resolved(element: HTMLElement, color: string): string {
  return color.startsWith("--") ? cssColor(element, color) : color;
}
