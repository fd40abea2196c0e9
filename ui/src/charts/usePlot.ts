import { useComputedColorScheme } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { type RefObject, useEffect, useRef } from "react";
import uPlot from "uplot";
import { type Overlay, place } from "./marks";

/** Shorter drags are clicks. */
export const BRUSH_PX_MIN = 6;

type Plotted = Overlay & {
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
  const router = useRouter();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new look is a new plot; new data is not
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const follow = (href: string) => router.history.push(href);
    const options = latest.current.options(element);
    const drawn = [...(options.hooks?.draw ?? []), (one: uPlot) => place(one, latest.current, follow)];
    const chart = new uPlot(
      { ...options, hooks: { ...options.hooks, draw: drawn } },
      latest.current.data(),
      element,
    );
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

  const { marks, dots, height } = plotted;
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are read when it is drawn
  useEffect(() => plot.current?.redraw(false), [marks, dots]);

  useEffect(() => {
    const chart = plot.current;
    if (chart !== null && chart.height !== height) chart.setSize({ width: chart.width, height });
  }, [height]);

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
