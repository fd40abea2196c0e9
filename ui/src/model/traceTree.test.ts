import { describe, expect, it } from "vitest";
import {
  ALL_FOLDED,
  isFolded,
  NOTHING_FOLDED,
  parseFold,
  printFold,
  revealNode,
  setFolded,
} from "./traceFold";
import { buildTraceTree, nextNode, type TreeSpan, visibleNodes } from "./traceTree";

const START = Date.parse("2026-11-23T10:00:00Z");

function span(id: string, parent: string | null, at = 0, extra: Partial<TreeSpan> = {}): TreeSpan {
  return {
    span_id: id,
    parent_span_id: parent,
    start_time: new Date(START + at).toISOString(),
    duration_ms: 10,
    status: "unset",
    is_billable: false,
    total_tokens: null,
    cost_usd: null,
    ...extra,
  };
}

const ids = (nodes: readonly { span: TreeSpan }[]) => nodes.map((node) => node.span.span_id);

describe("the trace tree", () => {
  it("reads depth first, children in start order, whatever order they came in", () => {
    const tree = buildTraceTree([
      span("late", "root", 30),
      span("grandchild", "early", 20),
      span("early", "root", 10),
      span("root", null, 0),
    ]);
    expect(ids(tree.nodes)).toEqual(["root", "early", "grandchild", "late"]);
    expect(tree.nodes.map((node) => node.depth)).toEqual([0, 1, 2, 1]);
    expect(tree.nodes.map((node) => node.startMs)).toEqual([0, 10, 20, 30]);
    expect(tree.durationMs).toBe(40);
  });

  it("keeps microseconds", () => {
    const tree = buildTraceTree([
      span("a", null, 0, { start_time: "2026-11-23T10:00:00.000001Z" }),
      span("b", "a", 0, { start_time: "2026-11-23T10:00:00.000003500Z" }),
    ]);
    expect(tree.nodes[1]?.startMs).toBeCloseTo(0.0025, 3);
  });

  it("shows several roots in start order and counts no orphan among them", () => {
    const tree = buildTraceTree([span("b", null, 5), span("a", null, 1)]);
    expect(ids(tree.roots)).toEqual(["a", "b"]);
    expect(tree.orphanCount).toBe(0);
  });

  it("makes orphans roots, and counts missing parents once each", () => {
    const tree = buildTraceTree([
      span("a", null),
      span("b", "gone", 1),
      span("c", "gone", 2),
      span("d", "lost", 3),
    ]);
    expect(ids(tree.nodes)).toEqual(["a", "b", "c", "d"]);
    expect(tree.orphanCount).toBe(3);
    expect(tree.missingParentCount).toBe(2);
    expect(tree.byId.get("b")?.isOrphan).toBe(true);
    expect(tree.byId.get("a")?.isOrphan).toBe(false);
  });

  it("shows every span once where parents go in a circle or name themselves", () => {
    const tree = buildTraceTree([
      span("self", "self"),
      span("a", "c", 1),
      span("b", "a", 2),
      span("c", "b", 3),
    ]);
    expect(ids(tree.nodes)).toEqual(["self", "a", "b", "c"]);
    expect(ids(tree.roots)).toEqual(["self", "a"]);
  });

  it("sums billable tokens, cost, unpriced calls and errors up the tree, and keeps unknown apart from zero", () => {
    const call = { is_billable: true, total_tokens: 10 };
    const tree = buildTraceTree([
      span("root", null, 0, { total_tokens: 99, cost_usd: 9 }),
      span("agent", "root", 1),
      span("priced", "agent", 2, { ...call, cost_usd: 0.5 }),
      span("unpriced", "agent", 3, { ...call, status: "error" }),
      span("plain", "root", 4),
    ]);
    expect(tree.byId.get("root")?.totals).toEqual({
      spans: 5,
      errors: 1,
      tokens: 20,
      costUsd: 0.5,
      unpriced: 1,
    });
    expect(tree.byId.get("plain")?.totals).toEqual({
      spans: 1,
      errors: 0,
      tokens: null,
      costUsd: null,
      unpriced: 0,
    });
  });

  it("builds a chain of 20,000 spans without overflowing", () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => span(`s${i}`, i === 0 ? null : `s${i - 1}`, i));
    const tree = buildTraceTree(chain);
    expect(tree.nodes.at(-1)?.depth).toBe(19_999);
    expect(tree.nodes[0]?.totals.spans).toBe(20_000);
  });

  it("is empty for an empty trace", () => {
    const tree = buildTraceTree([]);
    expect(tree).toMatchObject({ nodes: [], roots: [], durationMs: 0, startTime: null });
    expect(visibleNodes(tree, () => true)).toEqual([]);
    expect(nextNode(tree, -1, 1, () => true)).toBeNull();
  });
});

describe("folding", () => {
  const tree = buildTraceTree([
    span("root", null),
    span("a", "root", 1),
    span("a1", "a", 2),
    span("a11", "a1", 3),
    span("b", "root", 4),
  ]);
  const node = (id: string) => {
    const found = tree.byId.get(id);
    if (!found) throw new Error(id);
    return found;
  };
  const rows = (text: string) => ids(visibleNodes(tree, (each) => isFolded(parseFold(text), each)));

  it("hides what is below a folded span and nothing else", () => {
    expect(rows("")).toEqual(["root", "a", "a1", "a11", "b"]);
    expect(rows("a")).toEqual(["root", "a", "b"]);
    expect(rows("root")).toEqual(["root"]);
  });

  it("folds everything below the roots with *, but for exceptions", () => {
    expect(rows("*")).toEqual(["root", "a", "b"]);
    expect(rows("*.a")).toEqual(["root", "a", "a1", "b"]);
  });

  it("survives the URL", () => {
    const fold = setFolded(ALL_FOLDED, node("a"), false);
    expect(parseFold(printFold(fold))).toEqual(fold);
    expect(printFold(NOTHING_FOLDED)).toBeUndefined();
    expect(
      printFold(setFolded(setFolded(NOTHING_FOLDED, node("a"), true), node("a"), false)),
    ).toBeUndefined();
  });

  it("opens what hides a span that is to be seen", () => {
    expect(ids(visibleNodes(tree, (each) => isFolded(revealNode(ALL_FOLDED, node("a11")), each)))).toContain(
      "a11",
    );
    expect(revealNode(parseFold("a"), node("b"))).toEqual(parseFold("a"));
  });
});

describe("going to the next span of a kind", () => {
  const tree = buildTraceTree([
    span("root", null),
    span("bad1", "root", 1, { status: "error" }),
    span("fine", "root", 2),
    span("bad2", "root", 3, { status: "error" }),
  ]);
  const isError = (each: { span: TreeSpan }) => each.span.status === "error";

  it("goes around the end in both directions", () => {
    expect(nextNode(tree, -1, 1, isError)?.span.span_id).toBe("bad1");
    expect(nextNode(tree, 1, 1, isError)?.span.span_id).toBe("bad2");
    expect(nextNode(tree, 3, 1, isError)?.span.span_id).toBe("bad1");
    expect(nextNode(tree, 1, -1, isError)?.span.span_id).toBe("bad2");
  });

  it("finds the only one again, and nothing where there is none", () => {
    expect(nextNode(tree, 0, 1, (each) => each.span.span_id === "root")?.span.span_id).toBe("root");
    expect(nextNode(tree, 0, 1, () => false)).toBeNull();
  });
});
