/** Panels on a grid of 24 columns. They fall upwards, as far as there is room, and never overlap. */

import type { Place } from "./document";

export const COLUMNS = 24;
export const HEIGHT_MAX = 60;

type Placed = { id: string; place: Place };

/** The panels with this one moved or resized: it takes its place, and what is in its way goes below it. */
export function arrange<P extends Placed>(panels: readonly P[], id: string, wanted: Place): P[] {
  const place = clamped(wanted);
  const moved = panels.map((panel) => (panel.id === id ? { ...panel, place } : panel));
  return compact(moved, id);
}

/** No gaps above, no overlaps; `first` goes before others that want its place. */
export function compact<P extends Placed>(panels: readonly P[], first?: string): P[] {
  const order = [...panels].sort((one, other) => {
    if (one.place.y !== other.place.y) return one.place.y - other.place.y;
    if (one.id === first || other.id === first) return one.id === first ? -1 : 1;
    return one.place.x - other.place.x;
  });
  const settled: Placed[] = [];
  const places = new Map<string, Place>();
  for (const panel of order) {
    const place = fallen(panel.place, settled);
    settled.push({ id: panel.id, place });
    places.set(panel.id, place);
  }
  return panels.map((panel) => ({ ...panel, place: places.get(panel.id) ?? panel.place }));
}

/** Below all others. */
export function bottomPlace(panels: readonly Placed[], size: { w: number; h: number }): Place {
  return { x: 0, y: Math.max(0, ...panels.map((panel) => panel.place.y + panel.place.h)), ...size };
}

/** Where a new panel of this size stands: the first gap that takes it, row by row. */
export function freePlace(panels: readonly Placed[], size: { w: number; h: number }): Place {
  const end = bottomPlace(panels, size).y;
  for (let y = 0; y < end; y += 1) {
    for (let x = 0; x + size.w <= COLUMNS; x += 1) {
      const place = { x, y, ...size };
      if (!panels.some((panel) => overlap(panel.place, place))) return place;
    }
  }
  return bottomPlace(panels, size);
}

export function clamped(place: Place): Place {
  const w = Math.min(Math.max(Math.round(place.w), 2), COLUMNS);
  const h = Math.min(Math.max(Math.round(place.h), 1), HEIGHT_MAX);
  const x = Math.min(Math.max(Math.round(place.x), 0), COLUMNS - w);
  return { x, y: Math.max(Math.round(place.y), 0), w, h };
}

/** The lowest y at or above which nothing that is settled is in the way; else right below what is. */
function fallen(wanted: Place, settled: readonly Placed[]): Place {
  let place = wanted;
  let hit = firstHit(place, settled);
  while (hit !== undefined) {
    place = { ...place, y: hit.y + hit.h };
    hit = firstHit(place, settled);
  }
  while (place.y > 0) {
    const above = { ...place, y: place.y - 1 };
    if (firstHit(above, settled) !== undefined) break;
    place = above;
  }
  return place;
}

function firstHit(place: Place, settled: readonly Placed[]): Place | undefined {
  return settled.find((other) => overlap(other.place, place))?.place;
}

function overlap(one: Place, other: Place): boolean {
  return (
    one.x < other.x + other.w &&
    other.x < one.x + one.w &&
    one.y < other.y + other.h &&
    other.y < one.y + one.h
  );
}
