import { useComputedColorScheme } from "@mantine/core";
import { useRef } from "react";
import type uPlot from "uplot";
import { ChartBox } from "./ChartBox";
import { cssColor, heatColor } from "./colors";
import { type HeatRow, rowPosition } from "./heatRows";
import type { Dot, Mark } from "./marks";
import { timeLabels } from "./timeAxis";
import { BRUSH_PX_MIN, brush, usePlot } from "./usePlot";

export type HeatCell = {
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  row: HeatRow;
  count: number;
  /** Pixels from the top left of what is drawn on. */
  left: number;
  top: number;
};

type HeatMapProps = {
  /** Starts of the columns, ascending; each is `step` wide. */
  x: readonly number[];
  step: number;
  range: { from: number; to: number };
  /** From bottom to top. */
  rows: readonly HeatRow[];
  /** By column, then by row. */
  counts: readonly (readonly number[])[];
  /** Of a row's lower end. */
  format: (value: number) => string;
  height: number;
  label: string;
  /** Single ones behind the cells, such as exemplars. */
  dots?: readonly (Mark & { value: number })[];
  marks?: readonly Mark[];
  onHover?: (cell: HeatCell | null) => void;
  /** A click on a cell. */
  onPick?: (cell: HeatCell) => void;
  onBrush?: (from: number, to: number) => void;
};

/** How values spread at each time: time by value, the darker (in the dark, the lighter) the more. */
export function HeatMap(props: HeatMapProps) {
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const latest = useRef({ ...props, scheme });
  latest.current = { ...props, scheme };
  const dots = props.dots?.map((dot): Dot => ({ ...dot, y: rowPosition(props.rows, dot.value) }));
  const host = usePlot({
    height: props.height,
    shape: props.rows.map((row) => row.low).join(),
    options: (element) => options(element, latest),
    // The cells are drawn by hand; what is plotted only makes the scales.
    data: () => [[...latest.current.x], latest.current.x.map(() => null)],
    inputs: [props.x, props.counts, props.range.from, props.range.to],
    ...(props.marks === undefined ? {} : { marks: props.marks }),
    ...(dots === undefined ? {} : { dots }),
  });

  return <ChartBox host={host} overlay={props} label={props.label} height={props.height} />;
}

type Latest = { readonly current: HeatMapProps & { scheme: "light" | "dark" } };

function options(element: HTMLElement, latest: Latest): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: cssColor(element, "--muted"),
    font: '11px "Inter", "Segoe UI", sans-serif',
    ticks: { show: false },
    grid: { show: false },
  };
  return {
    width: Math.max(element.clientWidth, 50),
    height: latest.current.height,
    ms: 1,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: BRUSH_PX_MIN },
    },
    scales: {
      x: { time: true, range: () => [latest.current.range.from, latest.current.range.to] },
      y: { range: () => [0, Math.max(latest.current.rows.length, 1)] },
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
        splits: (plot) => rowTicks(latest.current.rows.length, plot.bbox.height / devicePixelRatio),
        values: (_plot, ticks) => ticks.map((tick) => edgeLabel(latest.current, tick)),
      },
    ],
    series: [{}, { scale: "y", show: true, points: { show: false }, width: 0 }],
    hooks: {
      drawClear: [(chart) => drawCells(chart, latest.current)],
      setSelect: [(chart) => brush(chart, latest.current.onBrush)],
      setCursor: [(chart) => showCell(chart, latest.current)],
      ready: [
        (chart) => {
          chart.over.addEventListener("click", () => {
            const cell = cellAt(chart, latest.current);
            if (cell !== null && chart.select.width < BRUSH_PX_MIN) latest.current.onPick?.(cell);
          });
        },
      ],
    },
  };
}

/** Edges of rows that have room for a label. */
function rowTicks(rows: number, height: number): number[] {
  const every = Math.max(1, Math.ceil((rows * 22) / Math.max(height, 1)));
  return Array.from({ length: Math.floor(rows / every) + 1 }, (_, place) => place * every);
}

function edgeLabel(props: HeatMapProps, edge: number): string {
  const value = props.rows[edge]?.low ?? props.rows[edge - 1]?.high;
  return value === undefined ? "" : props.format(value);
}

function drawCells(chart: uPlot, props: HeatMapProps & { scheme: "light" | "dark" }): void {
  const most = Math.max(0, ...props.counts.map((column) => Math.max(0, ...column)));
  if (most === 0) return;
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  props.x.forEach((start, column) => {
    const left = Math.round(chart.valToPos(start, "x", true));
    const right = Math.round(chart.valToPos(start + props.step, "x", true));
    props.counts[column]?.forEach((count, row) => {
      if (count <= 0) return;
      const top = Math.round(chart.valToPos(row + 1, "y", true));
      const bottom = Math.round(chart.valToPos(row, "y", true));
      ctx.fillStyle = heatColor(count / most, props.scheme);
      ctx.fillRect(left, top, Math.max(right - left - 1, 1), Math.max(bottom - top - 1, 1));
    });
  });
  ctx.restore();
}

function showCell(chart: uPlot, props: HeatMapProps): void {
  const cell = cellAt(chart, props);
  chart.over.style.cursor = cell !== null && props.onPick !== undefined ? "pointer" : "crosshair";
  props.onHover?.(cell);
}

/** The cell under the pointer that holds something. */
function cellAt(chart: uPlot, props: HeatMapProps): HeatCell | null {
  const { left = -1, top = -1 } = chart.cursor;
  if (left < 0 || top < 0) return null;
  const time = chart.posToVal(left, "x");
  const place = Math.floor(chart.posToVal(top, "y"));
  const column = props.x.findIndex((start) => time >= start && time < start + props.step);
  const row = props.rows[place];
  const count = props.counts[column]?.[place] ?? 0;
  if (row === undefined || count === 0) return null;
  const from = props.x[column] as number;
  return { from, to: from + props.step, row, count, left, top };
}
