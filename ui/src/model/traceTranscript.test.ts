import { describe, expect, it } from "vitest";
import type { Message } from "../api/types";
import { newMessages, type TurnSpan, transcriptOf } from "./traceTranscript";
import { buildTraceTree } from "./traceTree";

function span(
  id: string,
  parent: string | null,
  kind: string,
  at: number,
  isCall = kind === "llm",
): TurnSpan {
  return {
    span_id: id,
    parent_span_id: parent,
    name: id,
    kind,
    start_time: `2026-11-23T10:00:${String(at).padStart(2, "0")}Z`,
    duration_ms: 1,
    status: "ok",
    is_call: isCall,
    is_billable: isCall,
    total_tokens: null,
    cost_usd: null,
  };
}

const text = (role: string, words: string): Message => ({ role, parts: [{ type: "text", text: words }] });

describe("the transcript", () => {
  it("leaves wrappers out and orders turns by when they began", () => {
    const turns = transcriptOf(
      buildTraceTree([
        span("root", null, "chain", 0),
        span("agent", "root", "agent", 1),
        span("call1", "agent", "llm", 2),
        span("tool", "agent", "tool", 3),
        span("call2", "agent", "llm", 4),
        span("search", "root", "retriever", 0),
      ]),
    );
    expect(turns.map(({ node }) => node.span.span_id)).toEqual(["search", "call1", "tool", "call2"]);
    const last = turns.at(-1);
    expect(last?.previous?.span.span_id).toBe("call1");
    expect(last?.toolSpansSince).toBe(1);
    expect(last?.agent).toBeNull();
  });

  it("shows a call told by two spans once, by the span that stands for it", () => {
    const spans = [span("outer", null, "llm", 0, true), span("inner", "outer", "llm", 1, false)];
    expect(transcriptOf(buildTraceTree(spans)).map(({ node }) => node.span.span_id)).toEqual(["outer"]);
    const undecided = spans.map((each) => ({ ...each, is_call: false }));
    expect(transcriptOf(buildTraceTree(undecided)).map(({ node }) => node.span.span_id)).toEqual(["inner"]);
  });

  it("keeps the conversations of two agents apart and names them", () => {
    const turns = transcriptOf(
      buildTraceTree([
        span("lead", null, "agent", 0),
        span("lead-call", "lead", "llm", 1),
        span("helper", "lead", "agent", 2),
        span("helper-call", "helper", "llm", 3),
        span("lead-again", "lead", "llm", 4),
      ]),
    );
    expect(turns.map(({ agent, previous }) => [agent?.span.span_id, previous?.span.span_id])).toEqual([
      ["lead", undefined],
      ["helper", undefined],
      ["lead", "lead-call"],
    ]);
  });
});

describe("what is new in a turn", () => {
  const first = [text("system", "be brief"), text("user", "hello")];
  const result: Message = { role: "tool", parts: [{ type: "tool_result", id: "1", result: "21C" }] };

  it("drops the shared history and the echo of the answer", () => {
    const second = [...first, text("assistant", "hi"), text("user", "and now?")];
    expect(newMessages(second, first, false)).toEqual([text("user", "and now?")]);
  });

  it("shows a tool's result only where no tool span shows it", () => {
    const second = [...first, text("assistant", ""), result];
    expect(newMessages(second, first, true)).toEqual([]);
    expect(newMessages(second, first, false)).toEqual([result]);
  });

  it("shows everything of a first turn and of another conversation", () => {
    expect(newMessages(first, null, false)).toEqual(first);
    expect(newMessages(first, [text("system", "other")], false)).toEqual(first);
  });
});
