import { useElementSize, useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useMemo, useRef, useState } from "react";
import type { Panel, Place } from "../../model/dashboards/document";
import { arrange, COLUMNS } from "../../model/dashboards/layout";
import classes from "./Grid.module.css";

export const ROW_PX = 34;
const GAP_PX = 8;

/** What moves a panel; given to the handles in its frame. */
export type Handles = {
  onMoveStart: (event: React.PointerEvent) => void;
  onResizeStart: (event: React.PointerEvent) => void;
  onKey: (event: React.KeyboardEvent) => void;
};

type GridProps = {
  panels: readonly Panel[];
  isEditable: boolean;
  /** Once, when a panel was let go. */
  onArrange: (panels: Panel[]) => void;
  children: (panel: Panel, height: number, handles: Handles | null) => ReactNode;
};

type Drag = { id: string; kind: "move" | "resize"; startX: number; startY: number; place: Place };

/** Panels at their places. On narrow screens they stand below one another, in reading order. */
export function Grid(props: GridProps) {
  const { panels, isEditable } = props;
  const { ref, width } = useElementSize();
  const isNarrow = useMediaQuery("(max-width: 700px)") ?? false;
  const [shown, setShown] = useState<readonly Panel[] | null>(null);
  const drag = useRef<Drag | null>(null);
  const placed = shown ?? panels;
  const ordered = useMemo(() => inReadingOrder(panels), [panels]);
  const column = (width + GAP_PX) / COLUMNS;

  const start = (panel: Panel, kind: Drag["kind"]) => (event: React.PointerEvent) => {
    if (event.button !== 0) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    drag.current = { id: panel.id, kind, startX: event.clientX, startY: event.clientY, place: panel.place };
    setShown(panels);
  };
  const move = (event: React.PointerEvent) => {
    const now = drag.current;
    if (now === null) return;
    const dx = Math.round((event.clientX - now.startX) / column);
    const dy = Math.round((event.clientY - now.startY) / (ROW_PX + GAP_PX));
    setShown(arrange(panels, now.id, shifted(now.place, now.kind, dx, dy)));
  };
  const end = () => {
    if (drag.current !== null && shown !== null && isOtherLayout(panels, shown)) props.onArrange([...shown]);
    drag.current = null;
    setShown(null);
  };
  const key = (panel: Panel) => (event: React.KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const kind = event.shiftKey ? "resize" : "move";
    // Gaps close upwards: to go below a panel is to go as far as it reaches.
    const dy = kind === "move" ? step.y * reachOf(panels, panel, step.y) : step.y;
    const next = arrange(panels, panel.id, shifted(panel.place, kind, step.x, dy));
    if (isOtherLayout(panels, next)) props.onArrange(next);
  };

  if (isNarrow)
    return (
      <div ref={ref} className={classes.stack}>
        {ordered.map((panel) => {
          const height = heightOf(panel.place.h);
          return (
            <div
              key={panel.id}
              className={classes.stacked}
              data-small={panel.kind === "value" || undefined}
              style={{ height }}
            >
              {props.children(panel, height, null)}
            </div>
          );
        })}
      </div>
    );
  const rows = Math.max(0, ...placed.map((panel) => panel.place.y + panel.place.h));
  return (
    <div
      ref={ref}
      className={classes.grid}
      data-dragging={shown !== null || undefined}
      style={{ height: heightOf(rows) }}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={end}
    >
      {width > 0 &&
        placed.map((panel) => {
          const { x, y, w, h } = panel.place;
          const height = heightOf(h);
          return (
            <div
              key={panel.id}
              className={classes.cell}
              data-dragged={(shown !== null && drag.current?.id === panel.id) || undefined}
              style={{ left: x * column, top: y * (ROW_PX + GAP_PX), width: w * column - GAP_PX, height }}
            >
              {props.children(
                panel,
                height,
                isEditable
                  ? {
                      onMoveStart: start(panel, "move"),
                      onResizeStart: start(panel, "resize"),
                      onKey: key(panel),
                    }
                  : null,
              )}
            </div>
          );
        })}
    </div>
  );
}

const STEPS: Readonly<Record<string, { x: number; y: number }>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

function heightOf(rows: number): number {
  return Math.max(0, rows * (ROW_PX + GAP_PX) - GAP_PX);
}

function shifted(place: Place, kind: Drag["kind"], dx: number, dy: number): Place {
  return kind === "move"
    ? { ...place, x: place.x + dx, y: place.y + dy }
    : { ...place, w: place.w + dx, h: place.h + dy };
}

/** Rows to pass the panel that stands right above or below. */
function reachOf(panels: readonly Panel[], panel: Panel, direction: number): number {
  const { x, y, w, h } = panel.place;
  const beside = panels.filter(
    ({ id, place }) => id !== panel.id && place.x < x + w && x < place.x + place.w,
  );
  const next =
    direction > 0
      ? beside.filter(({ place }) => place.y >= y + h).sort((a, b) => a.place.y - b.place.y)[0]
      : beside.filter(({ place }) => place.y + place.h <= y).sort((a, b) => b.place.y - a.place.y)[0];
  if (next === undefined) return 1;
  return direction > 0 ? next.place.y + next.place.h - y : y - next.place.y;
}

function isOtherLayout(before: readonly Panel[], after: readonly Panel[]): boolean {
  return before.some((panel, at) => JSON.stringify(panel.place) !== JSON.stringify(after[at]?.place));
}

export function inReadingOrder(panels: readonly Panel[]): Panel[] {
  return [...panels].sort((one, other) => one.place.y - other.place.y || one.place.x - other.place.x);
}
