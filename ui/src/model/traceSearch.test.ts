import { describe, expect, it } from "vitest";
import { markMatches, type SearchableSpan, searchTree, stepToMatch } from "./traceSearch";
import { buildTraceTree } from "./traceTree";

function span(id: string, parent: string | null, name: string, model: string | null = null): SearchableSpan {
  return {
    span_id: id,
    parent_span_id: parent,
    name,
    start_time: "2026-11-23T10:00:00Z",
    duration_ms: 1,
    status: "ok",
    is_billable: false,
    total_tokens: null,
    cost_usd: null,
    request_model: null,
    response_model: model,
    tool_name: null,
    error_message: null,
  };
}

const tree = buildTraceTree([
  span("a", null, "answer question"),
  span("b", "a", "retrieve"),
  span("c", "a", "chat", "claude-sonnet"),
  span("d", "a", "환불 정책 검색"),
]);
const ids = (query: string, server: string[] = []) =>
  searchTree(tree, query, server).map((node) => node.span.span_id);

describe("searching a trace", () => {
  it("finds names, models and the server's payload matches, in row order and once", () => {
    expect(ids("RETRIEVE")).toEqual(["b"]);
    expect(ids("claude", ["c", "a"])).toEqual(["a", "c"]);
    expect(ids("환불")).toEqual(["d"]);
    expect(ids("  ")).toEqual([]);
  });

  it("steps to the nearest match in either direction, around the ends", () => {
    const matches = searchTree(tree, "nothing", ["b", "d"]);
    expect(stepToMatch(matches, -1, 1)).toBe(0);
    expect(stepToMatch(matches, 1, 1)).toBe(1);
    expect(stepToMatch(matches, 3, 1)).toBe(0);
    expect(stepToMatch(matches, 1, -1)).toBe(1);
    expect(stepToMatch([], 0, 1)).toBe(-1);
  });

  it("marks every occurrence and loses no character", () => {
    expect(markMatches("aXbxc", "x")).toEqual([
      { text: "a", isMatch: false },
      { text: "X", isMatch: true },
      { text: "b", isMatch: false },
      { text: "x", isMatch: true },
      { text: "c", isMatch: false },
    ]);
    expect(markMatches("İstanbul x", "x")).toEqual([{ text: "İstanbul x", isMatch: false }]);
    expect(markMatches("", "x")).toEqual([{ text: "", isMatch: false }]);
  });
});
