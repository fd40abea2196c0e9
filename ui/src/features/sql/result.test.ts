import { describe, expect, it } from "vitest";
import type { SqlResult, SqlValue } from "../../api/sql";
import { columnWidths, kindOf, plotOf, sortedRows, timeOf, traceOf } from "./result";
import { changeSql, parseSqlSearch } from "./search";

function result(types: Record<string, string>, rows: SqlValue[][]): SqlResult {
  return {
    columns: Object.entries(types).map(([name, type]) => ({ name, type })),
    rows,
    row_count: rows.length,
    is_cut: false,
    elapsed_ms: 1,
    read_rows: 1,
  };
}

describe("a result of SQL", () => {
  it("knows numbers, times and texts through Nullable and LowCardinality", () => {
    expect(kindOf("LowCardinality(Nullable(String))")).toBe("text");
    expect(kindOf("Nullable(Float64)")).toBe("number");
    expect(kindOf("DateTime64(9, 'UTC')")).toBe("time");
    expect(kindOf("Array(Int64)")).toBe("other");
  });

  it("sorts numbers that came as text by their worth, and what is absent last", () => {
    const found = result({ n: "Nullable(UInt64)" }, [["9007199254740993"], [null], [12], ["100"]]);
    expect(sortedRows(found, { column: 0, isDescending: false })).toEqual([2, 3, 0, 1]);
    expect(sortedRows(found, { column: 0, isDescending: true })).toEqual([0, 3, 2, 1]);
    expect(sortedRows(found, null)).toEqual([0, 1, 2, 3]);
  });

  it("reads times with nanoseconds", () => {
    expect(timeOf("2026-11-24T01:02:03.123456789Z")).toBe(Date.parse("2026-11-24T01:02:03.123Z"));
    expect(timeOf("2026-11-24")).toBe(Date.parse("2026-11-24T00:00:00Z"));
    expect(timeOf("soon")).toBeNull();
  });

  it("draws numbers over time, a line a group", () => {
    const found = result({ day: "Date", model: "String", calls: "UInt64" }, [
      ["2026-11-23", "a", 1],
      ["2026-11-24", "a", 2],
      ["2026-11-24", "b", 5],
    ]);
    const plot = plotOf(found);
    expect(plot?.kind).toBe("time");
    if (plot?.kind !== "time") return;
    expect(plot.series.map((one) => [one.name, one.values])).toEqual([
      ["a", [1, 2]],
      ["b", [5]],
    ]);
    expect(plot.step).toBe(86_400_000);
  });

  it("draws groups where there is no time, and nothing where there is no number", () => {
    const found = result({ model: "String", calls: "UInt64" }, [
      ["a", 3],
      ["", 2],
    ]);
    expect(plotOf(found)).toEqual({
      kind: "groups",
      groups: [
        { name: "a", value: 3 },
        { name: "–", value: 2 },
      ],
      measure: "calls",
    });
    expect(plotOf(result({ model: "String" }, [["a"]]))).toBeNull();
  });

  it("makes columns as wide as their text, within reason", () => {
    const found = result({ id: "String", input: "String" }, [["abc", "x".repeat(500)]]);
    expect(columnWidths(found)).toEqual([6, 60]);
  });

  it("links ids of traces alone", () => {
    expect(traceOf({ name: "t.trace_id", type: "String" }, "abc123")).toBe("abc123");
    expect(traceOf({ name: "trace_id", type: "String" }, "")).toBeNull();
    expect(traceOf({ name: "span_id", type: "String" }, "abc")).toBeNull();
  });
});

describe("the SQL page's URL", () => {
  it("keeps the statement and drops what is the default", () => {
    expect(parseSqlSearch({ q: "SELECT 1", view: "table", from: "" })).toEqual({ q: "SELECT 1" });
    expect(changeSql({ q: "SELECT 1", from: "now-7d" }, { from: "now-24h", to: "now" })).toEqual({
      q: "SELECT 1",
    });
    expect(changeSql({ q: "SELECT 1" }, { view: "line" })).toEqual({ q: "SELECT 1", view: "line" });
  });
});
