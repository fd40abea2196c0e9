import { describe, expect, it } from "vitest";
import type { SpanHead } from "../api/types";
import { nextSort, parseSort, sortSpans } from "./traceTable";
import { buildTraceTree } from "./traceTree";

function span(id: string, fields: Partial<SpanHead>): SpanHead {
  return {
    span_id: id,
    parent_span_id: null,
    name: id,
    kind: "llm",
    start_time: "2026-11-23T10:00:00Z",
    duration_ms: 1,
    status: "ok",
    is_billable: true,
    total_tokens: null,
    cost_usd: null,
    ttft_ms: null,
    ...fields,
  } as SpanHead;
}

const tree = buildTraceTree([
  span("a", { duration_ms: 5, cost_usd: 0.2 }),
  span("B", { duration_ms: 9, cost_usd: null }),
  span("c", { duration_ms: 5, cost_usd: 0.7 }),
  span("wrapper", { duration_ms: 1, cost_usd: 9, is_billable: false }),
]);
const ids = (sort: string | undefined) => sortSpans(tree.nodes, sort).map((node) => node.span.span_id);

describe("the table of spans", () => {
  it("sorts by a column, equal ones in tree order", () => {
    expect(ids("-duration")).toEqual(["B", "a", "c", "wrapper"]);
    expect(ids("duration")).toEqual(["wrapper", "a", "c", "B"]);
    expect(ids("name")).toEqual(["a", "B", "c", "wrapper"]);
  });

  it("keeps unknown values last both ways, and does not count a repeated cost", () => {
    expect(ids("-cost")).toEqual(["c", "a", "B", "wrapper"]);
    expect(ids("cost")).toEqual(["a", "c", "B", "wrapper"]);
  });

  it("falls back to start order for a column it does not have", () => {
    expect(ids("constructor")).toEqual(["a", "B", "c", "wrapper"]);
    expect(ids(undefined)).toEqual(["a", "B", "c", "wrapper"]);
  });

  it("turns numbers around from largest first, texts from A, and then lets go", () => {
    const clicks = (column: "cost" | "name") => {
      const first = nextSort(parseSort(undefined), column);
      const second = nextSort(parseSort(first), column);
      return [first, second, nextSort(parseSort(second), column)];
    };
    expect(clicks("cost")).toEqual(["-cost", "cost", undefined]);
    expect(clicks("name")).toEqual(["name", "-name", undefined]);
  });
});
