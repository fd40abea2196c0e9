import { expect, test } from "vitest";
import type { Log, LogPage } from "../api/types";
import { freshLogs, mergeLogs } from "./logTail";

const log = (second: number, id = `id-${second}`): Log => ({
  log_id: id,
  time: `2026-11-23T10:00:${String(second).padStart(2, "0")}.000000001Z`,
  severity: "info",
  severity_number: 9,
  severity_text: "INFO",
  service: "rag-api",
  environment: null,
  event_name: null,
  message: "hello",
  fields: {},
  body: "hello",
  attributes: {},
  trace_id: null,
  span_id: null,
  resource: {},
  scope: null,
  is_cut: false,
});
const page = (seconds: number[], next: string | null): LogPage => ({
  items: seconds.map((second) => log(second)),
  next_cursor: next,
  tail_cursor: null,
});
const ids = (pages: LogPage[]) => pages.map((one) => one.items.map((item) => item.log_id));

test("new records go on top, known ones stay once", () => {
  const merged = mergeLogs([page([9, 8], "more")], [log(9), log(11), log(10), log(11)]);
  expect(ids(merged)).toEqual([["id-11", "id-10", "id-9", "id-8"]]);
});

test("a record that arrives late goes where its time puts it, in the page that holds its neighbours", () => {
  const merged = mergeLogs([page([9, 7], "more"), page([5, 3], "more")], [log(8), log(4)]);
  expect(ids(merged)).toEqual([
    ["id-9", "id-8", "id-7"],
    ["id-5", "id-4", "id-3"],
  ]);
});

test("what is older than the list reaches is left to the next page", () => {
  const pages = [page([9, 7], "more")];
  expect(ids(mergeLogs(pages, [log(2)]))).toEqual([["id-9", "id-7"]]);
  expect(freshLogs(pages, [log(2)])).toEqual([]);
});

test("a list that ends takes older ones too, and an empty one takes all", () => {
  expect(ids(mergeLogs([page([9], null)], [log(2)]))).toEqual([["id-9", "id-2"]]);
  expect(ids(mergeLogs([page([], null)], [log(2), log(3)]))).toEqual([["id-3", "id-2"]]);
});

test("records of one instant are ordered by their ids", () => {
  const merged = mergeLogs([page([], null)], [log(1, "a"), log(1, "c"), log(1, "b")]);
  expect(ids(merged)).toEqual([["c", "b", "a"]]);
});
