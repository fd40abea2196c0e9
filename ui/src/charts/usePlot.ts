import { useComputedColorScheme } from "@mantine/core";
import { type RefObject, useEffect, useRef } from "react";
import uPlot from "uplot";

/** Shorter drags are clicks. */
export const BRUSH_PX_MIN = 6;

type Plotted = {
  height: number;
  /** Another one is another plot; new data alone is not. */
  shape: string;
  options: (element: HTMLElement) => uPlot.Options;
  data: () => uPlot.AlignedData;
  /** What the data and the axes follow. */
  inputs: readonly unknown[];
};

/** A uPlot in the element that the reference is given to: as wide as it, in the colours of the page. */
export function usePlot(plotted: Plotted): RefObject<HTMLDivElement | null> {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(plotted);
  latest.current = plotted;
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new look is a new plot; new data is not
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const chart = new uPlot(latest.current.options(element), latest.current.data(), element);
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0)
        chart.setSize({ width: element.clientWidth, height: latest.current.height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [scheme, plotted.shape]);

  useEffect(() => {
    plot.current?.setData(latest.current.data());
    // biome-ignore lint/correctness/useExhaustiveDependencies: the caller says what moves it
  }, plotted.inputs);

  return host;
}

/** Tells of a dragged stretch of time, and takes its mark away. */
export function brush(chart: uPlot, onBrush?: (from: number, to: number) => void): void {
  const { left, width } = chart.select;
  if (width < BRUSH_PX_MIN) return;
  const from = chart.posToVal(left, "x");
  const to = chart.posToVal(left + width, "x");
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onBrush?.(from, to);
}
