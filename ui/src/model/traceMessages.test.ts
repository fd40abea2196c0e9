import { describe, expect, it } from "vitest";
import {
  type Conversation,
  chatOf,
  cutText,
  parseJsonText,
  pictureSource,
  safeLink,
  textOf,
} from "./traceMessages";

const NOTHING: Conversation = { input_messages: [], output_messages: [], tool_calls: [] };

describe("the chat of a span", () => {
  it("shows a tool's result inside its call and not again", () => {
    const chat = chatOf({
      ...NOTHING,
      input_messages: [
        { role: "user", parts: [{ type: "text", text: "weather?" }] },
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "t1", name: "get_weather", arguments: { city: "Paris" } }],
        },
        { role: "tool", parts: [{ type: "tool_result", id: "t1", result: "21C" }] },
      ],
      output_messages: [
        { role: "assistant", parts: [{ type: "text", text: "Sunny." }], finish_reason: "stop" },
      ],
    });
    expect(chat.map((message) => message.role)).toEqual(["user", "assistant", "assistant"]);
    expect(chat[1]?.parts[0]).toMatchObject({ kind: "toolCall", call: { hasResult: true, result: "21C" } });
    expect(chat[2]).toMatchObject({ isOutput: true, finishReason: "stop" });
  });

  it("takes a result from the span's tool calls where the messages have none", () => {
    const chat = chatOf({
      ...NOTHING,
      output_messages: [
        { role: "assistant", parts: [{ type: "tool_call", id: "t1", name: "f", arguments: {} }] },
      ],
      tool_calls: [{ id: "t1", name: "f", arguments: {}, result: { ok: true } }],
    });
    expect(chat[0]?.parts[0]).toMatchObject({ call: { hasResult: true, result: { ok: true } } });
  });

  it("keeps a result whose call was not recorded, and calls without an id apart", () => {
    const chat = chatOf({
      ...NOTHING,
      input_messages: [{ role: "tool", parts: [{ type: "tool_result", id: "lost", result: 1 }] }],
      output_messages: [
        { role: "assistant", parts: [{ type: "tool_call", id: null, name: "f", arguments: {} }] },
      ],
    });
    expect(chat[0]?.parts[0]).toEqual({ kind: "toolResult", id: "lost", result: 1 });
    expect(chat[1]?.parts[0]).toMatchObject({ call: { hasResult: false } });
  });
});

describe("what may be shown of media and links", () => {
  it("shows raster pictures carried in the payload", () => {
    expect(pictureSource({ url: "data:image/png;base64,AAAA" })).toBe("data:image/png;base64,AAAA");
    expect(pictureSource({ mime_type: "image/jpeg", data: "AAAA" })).toBe("data:image/jpeg;base64,AAAA");
  });

  it.each([
    [{ url: "https://evil.example/x.png" }],
    [{ url: "data:image/svg+xml;base64,AAAA" }],
    [{ url: "data:text/html;base64,AAAA" }],
    [{ mime_type: "image/svg+xml", data: "AAAA" }],
    [{ mime_type: "image/png", data: '"><script>' }],
    [{}],
  ])("does not show %j", (media) => {
    expect(pictureSource(media)).toBeNull();
  });

  it.each([
    ["https://example.com/a", "https://example.com/a"],
    ["javascript:alert(1)", null],
    [" javascript:alert(1)", null],
    ["data:text/html,x", null],
    ["/traces/1", null],
    [null, null],
  ])("links %s to %s", (url, expected) => {
    expect(safeLink(url)).toBe(expected);
  });
});

describe("texts", () => {
  it("recognizes JSON objects and arrays only", () => {
    expect(parseJsonText(' {"a": 1} ')).toEqual({ a: 1 });
    expect(parseJsonText("[1]")).toEqual([1]);
    expect(parseJsonText("{not json}")).toBeUndefined();
    expect(parseJsonText("12")).toBeUndefined();
  });

  it("cuts long texts at a line's end, never within a character, and says how much is hidden", () => {
    expect(cutText("short", 100)).toEqual({ shown: "short", hidden: 0 });
    const lines = `${"a".repeat(90)}\n${"b".repeat(200)}`;
    expect(cutText(lines, 100)).toEqual({ shown: "a".repeat(90), hidden: 201 });
    expect(cutText("😀".repeat(100), 51).shown).toBe("😀".repeat(25));
  });

  it("copies strings as they are and values as JSON", () => {
    expect(textOf("a\nb")).toBe("a\nb");
    expect(textOf({ a: 1 })).toBe('{\n  "a": 1\n}');
    expect(textOf(undefined)).toBe("");
  });
});
