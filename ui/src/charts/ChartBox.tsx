import type { RefObject } from "react";
import type { Overlay } from "./marks";
import classes from "./TimeChart.module.css";

type ChartBoxProps = {
  host: RefObject<HTMLDivElement | null>;
  overlay: { [K in keyof Overlay]?: readonly { href?: string }[] | string | undefined };
  label: string;
  height: number;
};

/** What a plot is drawn into: to assistive technology a picture, unless something in it can be followed. */
export function ChartBox({ host, overlay, label, height }: ChartBoxProps) {
  const told = [overlay.marks, overlay.dots].flatMap((one) => (Array.isArray(one) ? one : []));
  const isFollowed = told.some((one: { href?: string }) => one.href !== undefined);
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles take a label
    <div
      ref={host}
      className={classes.chart}
      role={isFollowed ? "figure" : "img"}
      aria-label={label}
      style={{ height }}
    />
  );
}
