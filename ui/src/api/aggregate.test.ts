import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { aggregateQuery } from "./aggregate";

const SELECTION = { project: null, from: "a", to: "b", filter: "" };
let asked: URL[] = [];

/** Answers each measure with its place among those that were asked for. */
function answer(address: string): Response {
  const url = new URL(address, "http://server");
  asked.push(url);
  const measures = url.searchParams.getAll("measure");
  if (measures.includes("bad()")) return Response.json({ detail: "no measure" }, { status: 400 });
  const columns = measures.map((name) => ({ name, type: "number", unit: null }));
  return Response.json({ interval_ms: null, columns, rows: [measures.map((_, at) => at)], is_cut: false });
}

beforeEach(() => {
  asked = [];
  vi.stubGlobal("localStorage", { getItem: () => null });
  vi.stubGlobal("fetch", async (address: string) => answer(address));
});
afterEach(() => vi.unstubAllGlobals());

test("what is asked of the same rows at the same moment is one request", async () => {
  const client = new QueryClient();
  const ask = (measure: string, filter = "") =>
    client.fetchQuery(aggregateQuery({ ...SELECTION, filter }, { target: "traces", measures: [measure] }));
  const [count, cost, other] = await Promise.all([ask("count()"), ask("sum(cost)"), ask("count()", "x")]);

  expect(asked.map((url) => url.searchParams.getAll("measure"))).toEqual([
    ["count()", "sum(cost)"],
    ["count()"],
  ]);
  expect([count?.rows, cost?.rows, other?.rows]).toEqual([[[0]], [[1]], [[0]]]);
  expect(cost?.columns.map((column) => column.name)).toEqual(["sum(cost)"]);
});

test("groups are asked for apart, since the first measure puts them in order", async () => {
  const client = new QueryClient();
  const ask = (measure: string) =>
    client.fetchQuery(
      aggregateQuery(SELECTION, { target: "traces", measures: [measure], groupBy: ["model"] }),
    );
  await Promise.all([ask("count()"), ask("sum(cost)")]);
  expect(asked).toHaveLength(2);
});

test("one that cannot be measured does not take others along", async () => {
  const client = new QueryClient();
  const ask = (measure: string) =>
    client.fetchQuery(aggregateQuery(SELECTION, { target: "traces", measures: [measure] }));
  const [good, bad] = await Promise.allSettled([ask("count()"), ask("bad()")]);
  expect(good).toMatchObject({ status: "fulfilled", value: { rows: [[0]] } });
  expect(bad).toMatchObject({ status: "rejected", reason: { message: "no measure" } });
});

test("more measures than one request takes are several", async () => {
  const client = new QueryClient();
  const measures = Array.from({ length: 25 }, (_, at) => `p50(metadata.m${at})`);
  const answers = await Promise.all(
    measures.map((measure) =>
      client.fetchQuery(aggregateQuery(SELECTION, { target: "spans", measures: [measure] })),
    ),
  );
  expect(asked.map((url) => url.searchParams.getAll("measure").length)).toEqual([20, 5]);
  expect(answers[24]?.columns.map((column) => column.name)).toEqual(["p50(metadata.m24)"]);
});
