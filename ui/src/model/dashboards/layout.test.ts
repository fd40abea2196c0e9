import { expect, test } from "vitest";
import { arrange, compact, freePlace } from "./layout";

const panel = (id: string, x: number, y: number, w = 12, h = 8) => ({ id, place: { x, y, w, h } });
const places = (panels: readonly { id: string; place: { x: number; y: number } }[]) =>
  Object.fromEntries(panels.map(({ id, place }) => [id, [place.x, place.y]]));

test("panels fall up into gaps", () => {
  expect(places(compact([panel("a", 0, 5), panel("b", 12, 9)]))).toEqual({ a: [0, 0], b: [12, 0] });
});

test("a panel that is moved takes its place, and what was there goes below", () => {
  const moved = arrange([panel("a", 0, 0), panel("b", 0, 8)], "b", { x: 0, y: 0, w: 12, h: 8 });
  expect(places(moved)).toEqual({ a: [0, 8], b: [0, 0] });
});

test("a panel that grows pushes others down", () => {
  const moved = arrange([panel("a", 0, 0), panel("b", 12, 0)], "a", { x: 0, y: 0, w: 24, h: 8 });
  expect(places(moved)).toEqual({ a: [0, 0], b: [12, 8] });
});

test("nothing leaves the grid", () => {
  const [moved] = arrange([panel("a", 0, 0)], "a", { x: 30, y: -3, w: 90, h: 0 });
  expect(moved?.place).toEqual({ x: 0, y: 0, w: 24, h: 1 });
});

test("the order in which panels are listed stays", () => {
  const moved = arrange([panel("a", 0, 0), panel("b", 0, 8)], "b", { x: 0, y: 0, w: 12, h: 8 });
  expect(moved.map((one) => one.id)).toEqual(["a", "b"]);
});

test("a new panel takes the first gap", () => {
  expect(freePlace([panel("a", 0, 0), panel("b", 0, 8)], { w: 12, h: 8 })).toEqual({
    x: 12,
    y: 0,
    w: 12,
    h: 8,
  });
  expect(freePlace([panel("a", 0, 0, 24)], { w: 12, h: 8 }).y).toBe(8);
});

test("whatever is moved anywhere, no two panels overlap", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  let panels = Array.from({ length: 12 }, (_, n) =>
    panel(`p${n}`, random(20), random(40), 4 + random(8), 2 + random(6)),
  );
  for (let turn = 0; turn < 200; turn += 1) {
    const wanted = { x: random(24), y: random(40), w: 2 + random(22), h: 1 + random(9) };
    panels = arrange(panels, `p${random(12)}`, wanted);
    for (const one of panels)
      for (const other of panels) {
        if (one.id >= other.id) continue;
        const apart =
          one.place.x + one.place.w <= other.place.x ||
          other.place.x + other.place.w <= one.place.x ||
          one.place.y + one.place.h <= other.place.y ||
          other.place.y + other.place.h <= one.place.y;
        expect(apart).toBe(true);
      }
  }
});
