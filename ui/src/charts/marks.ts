/** Things beside the data that are told at moments: releases, alerts, notes, single traces. They are elements
 * over the canvas, so that they can be hovered, followed and read out. */

import type uPlot from "uplot";
import classes from "./marks.module.css";

export type Mark = {
  /** Milliseconds since the epoch. */
  timeMs: number;
  label: string;
  /** A colour or the name of a CSS variable; `--muted` where there is none. */
  color?: string;
  /** Of this app. */
  href?: string;
};

export type Dot = Mark & {
  /** On the y scale. */
  y: number;
};

export type Overlay = { marks?: readonly Mark[]; dots?: readonly Dot[]; yScale?: string };

/** Puts marks and dots where the scales have them now, in place of those that were there. */
export function place(chart: uPlot, overlay: Overlay, follow: (href: string) => void): void {
  for (const old of chart.over.querySelectorAll(`:scope > .${classes.mark}, :scope > .${classes.dot}`))
    old.remove();
  for (const mark of overlay.marks ?? []) {
    const left = positionOf(chart, mark);
    if (left !== null) chart.over.append(element(mark, classes.mark ?? "", { left }, follow));
  }
  for (const dot of overlay.dots ?? []) {
    const left = positionOf(chart, dot);
    const top = chart.valToPos(dot.y, overlay.yScale ?? "y");
    if (left !== null && top >= 0 && top <= chart.over.clientHeight)
      chart.over.append(element(dot, classes.dot ?? "", { left, top }, follow));
  }
}

/** Pixels from the left; null where it is not in sight. */
function positionOf(chart: uPlot, mark: Mark): number | null {
  const { min, max } = chart.scales.x ?? {};
  if (min == null || max == null || mark.timeMs < min || mark.timeMs > max) return null;
  return chart.valToPos(mark.timeMs, "x");
}

function element(
  mark: Mark,
  className: string,
  at: { left: number; top?: number },
  follow: (href: string) => void,
): HTMLElement {
  const node = document.createElement(mark.href === undefined ? "span" : "a");
  node.className = className;
  node.title = mark.label;
  node.setAttribute("aria-label", mark.label);
  node.style.left = `${at.left}px`;
  if (at.top !== undefined) node.style.top = `${at.top}px`;
  const color = mark.color ?? "--muted";
  node.style.setProperty("--mark", color.startsWith("--") ? `var(${color})` : color);
  // A drag that begins here would select a stretch of time.
  node.addEventListener("mousedown", (event) => event.stopPropagation());
  if (node instanceof HTMLAnchorElement && mark.href !== undefined) {
    const href = mark.href;
    node.href = href;
    node.addEventListener("click", (event) => {
      event.stopPropagation();
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      follow(href);
    });
  }
  return node;
}
