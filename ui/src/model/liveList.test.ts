import { expect, test } from "vitest";
import type { Page, Trace } from "../api/types";
import { mergeNewest, renewKnown } from "./liveList";

const trace = (id: string, second: number, spans = 1) =>
  ({ trace_id: id, start_time: `2026-01-01T00:00:0${second}.000000000Z`, span_count: spans }) as Trace;
const page = (items: Trace[], cursor: string | null = null): Page<Trace> => ({ items, next_cursor: cursor });
const ids = (pages: readonly Page<Trace>[]) => pages.map((p) => p.items.map((t) => t.trace_id).join(""));

test("new traces go on top and the pages below stay", () => {
  const merged = mergeNewest(
    [page([trace("b", 2)], "2"), page([trace("a", 1)])],
    page([trace("c", 3), trace("b", 2)], "9"),
  );
  expect(ids(merged.pages)).toEqual(["cb", "a"]);
  expect(merged.pages[0]?.next_cursor).toBe("2");
  expect(merged.freshCount).toBe(1);
});

test("a trace that arrives late takes its place by time", () => {
  const merged = mergeNewest(
    [page([trace("d", 4), trace("b", 2)])],
    page([trace("d", 4), trace("c", 3), trace("b", 2)]),
  );
  expect(ids(merged.pages)).toEqual(["dcb"]);
});

test("known traces take their new values", () => {
  const merged = mergeNewest([page([trace("a", 1, 1)])], page([trace("a", 1, 5)]));
  expect(merged.pages[0]?.items[0]?.span_count).toBe(5);
  expect(merged.freshCount).toBe(0);
});

test("after a gap the list starts again instead of hiding it", () => {
  const merged = mergeNewest([page([trace("a", 1)], "1")], page([trace("z", 9), trace("y", 8)], "8"));
  expect(ids(merged.pages)).toEqual(["zy"]);
  expect(merged.pages[0]?.next_cursor).toBe("8");
});

test("an empty list takes what came", () => {
  expect(ids(mergeNewest([page([])], page([trace("a", 1)])).pages)).toEqual(["a"]);
  expect(ids(mergeNewest([], page([trace("a", 1)])).pages)).toEqual(["a"]);
});

test("away from the top only known traces change", () => {
  const renewed = renewKnown([page([trace("a", 1, 1)])], page([trace("b", 2), trace("a", 1, 3)]));
  expect(ids(renewed)).toEqual(["a"]);
  expect(renewed[0]?.items[0]?.span_count).toBe(3);
});
