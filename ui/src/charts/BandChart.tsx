import { useRef } from "react";
import type uPlot from "uplot";
import { ChartBox } from "./ChartBox";
import { cssColor } from "./colors";
import type { Mark } from "./marks";
import { timeLabels } from "./timeAxis";
import { BRUSH_PX_MIN, brush, usePlot } from "./usePlot";

export type BandLine = {
  label: string;
  /** A CSS variable or a colour. */
  color: string;
  /** One for every x; null is nothing. */
  values: readonly (number | null)[];
  lows: readonly (number | null)[];
  highs: readonly (number | null)[];
};

type BandChartProps = {
  /** Milliseconds since the epoch, ascending. */
  x: readonly number[];
  range: { from: number; to: number };
  lines: readonly BandLine[];
  format: (value: number) => string;
  /** Values from bottom to top; what lies beyond is cut off. */
  span: { from: number; to: number };
  height: number;
  label: string;
  /** Releases, alerts and the like, as vertical lines. */
  marks?: readonly Mark[];
  onBrush: (from: number, to: number) => void;
  onHover: (index: number | null) => void;
};

/** Lines over time, each with the band in which its true value lies. */
export function BandChart(props: BandChartProps) {
  const latest = useRef(props);
  latest.current = props;
  const host = usePlot({
    height: props.height,
    shape: props.lines.map((line) => `${line.label}${line.color}`).join("\n"),
    options: (element) => options(element, latest),
    data: () => dataOf(latest.current),
    inputs: [props.x, props.lines, props.range.from, props.range.to, props.span.from, props.span.to],
    ...(props.marks === undefined ? {} : { marks: props.marks }),
  });

  return <ChartBox host={host} overlay={props} label={props.label} height={props.height} />;
}

/** Of each line: its value, then the band's upper and lower end. */
function dataOf({ x, lines }: BandChartProps): uPlot.AlignedData {
  const columns = lines.flatMap((line) => [[...line.values], [...line.highs], [...line.lows]]);
  return [[...x], ...columns];
}

function options(element: HTMLElement, latest: { readonly current: BandChartProps }): uPlot.Options {
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
    cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: BRUSH_PX_MIN } },
    scales: {
      x: { time: true, range: () => [latest.current.range.from, latest.current.range.to] },
      y: { range: () => [latest.current.span.from, latest.current.span.to] },
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
        size: 52,
        gap: 6,
        space: 34,
        values: (_plot, ticks) => ticks.map((tick) => latest.current.format(tick)),
      },
    ],
    series: [{}, ...props.lines.flatMap((line) => seriesOf(element, line))],
    bands: props.lines.map((line, place) => ({
      series: [place * 3 + 2, place * 3 + 3],
      fill: translucent(colorOf(element, line)),
    })),
    hooks: {
      setSelect: [(chart) => brush(chart, latest.current.onBrush)],
      setCursor: [(chart) => latest.current.onHover(chart.cursor.idx ?? null)],
    },
  };
}

function seriesOf(element: HTMLElement, line: BandLine): uPlot.Series[] {
  const edge: uPlot.Series = { scale: "y", stroke: "transparent", points: { show: false }, spanGaps: true };
  const stroke = colorOf(element, line);
  return [
    {
      label: line.label,
      scale: "y",
      stroke,
      width: 1.75,
      spanGaps: true,
      points: { show: true, size: 4, fill: stroke },
    },
    { ...edge, label: `${line.label} high` },
    { ...edge, label: `${line.label} low` },
  ];
}

function colorOf(element: HTMLElement, line: BandLine): string {
  return line.color.startsWith("--") ? cssColor(element, line.color) : line.color;
}

function translucent(color: string): string {
  return `color-mix(in srgb, ${color} 20%, transparent)`;
}
