import { describe, expect, it } from "vitest";
import { spansToRead } from "./reviewSubject";

function span(span_id: string, fields: object = {}) {
  return {
    ...{ span_id, parent_span_id: null, kind: "span", is_call: false, input_preview: null },
    ...{ output_preview: null, ...fields },
  };
}

const WHOLE = { rootId: "root", spanId: null };

describe("what a reviewer reads of a trace", () => {
  const root = span("root", { input_preview: "How?", output_preview: "So." });
  const found = span("found", { kind: "retriever" });
  const call = span("call", { kind: "llm", is_call: true });

  it("is its root, with what was retrieved", () => {
    expect(spansToRead([root, found, call], WHOLE)).toEqual({ main: root, retrievals: [found] });
  });

  it("is what the reranker left, where there is one", () => {
    const best = span("best", { kind: "reranker" });
    expect(spansToRead([root, found, best, call], WHOLE)?.retrievals).toEqual([best]);
  });

  it("is the last model call where the root tells nothing", () => {
    expect(spansToRead([span("root"), call, span("last", { is_call: true })], WHOLE)?.main.span_id).toBe(
      "last",
    );
    expect(spansToRead([span("root")], WHOLE)?.main.span_id).toBe("root");
  });

  it("is the first span where the root has not arrived", () => {
    expect(spansToRead([root], { rootId: null, spanId: null })?.main).toBe(root);
    expect(spansToRead([], WHOLE)).toBeNull();
  });

  it("is the one span that is judged", () => {
    expect(spansToRead([root, found], { rootId: "root", spanId: "found" })).toEqual({
      main: found,
      retrievals: [],
    });
    expect(spansToRead([root], { rootId: "root", spanId: "gone" })).toBeNull();
  });
});
