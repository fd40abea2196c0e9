/** Messages as a chat: tool calls paired with their results, texts told apart by what they hold. */

import type { Message, MessagePart, ToolCall } from "../api/types";

export type MediaPart = Extract<MessagePart, { type: "image" | "audio" | "file" }>;

export interface PairedToolCall {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: unknown;
  readonly hasResult: boolean;
  readonly result: unknown;
}

export type ChatPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "toolCall"; readonly call: PairedToolCall }
  | { readonly kind: "toolResult"; readonly id: string | null; readonly result: unknown }
  | { readonly kind: "media"; readonly media: MediaPart }
  | { readonly kind: "other"; readonly value: unknown };

export interface ChatMessage {
  readonly role: string;
  readonly isOutput: boolean;
  readonly finishReason: string | null;
  readonly parts: readonly ChatPart[];
}

export interface Conversation {
  readonly input_messages: readonly Message[] | null;
  readonly output_messages: readonly Message[] | null;
  readonly tool_calls: readonly ToolCall[] | null;
}

/**
 * The chat of one span. A tool's result is shown inside the call it answers and not a second time; a result whose call
 * is not among the messages keeps its own place, and a message left without parts disappears.
 */
export function chatOf(conversation: Conversation): ChatMessage[] {
  const results = resultsById(conversation);
  const answered = new Set<string>();
  const all = [
    ...(conversation.input_messages ?? []).map((message) => ({ message, isOutput: false })),
    ...(conversation.output_messages ?? []).map((message) => ({ message, isOutput: true })),
  ];
  for (const { message } of all) {
    for (const part of message.parts) {
      if (part.type === "tool_call" && part.id && results.has(part.id)) answered.add(part.id);
    }
  }
  return all
    .map(({ message, isOutput }) => ({
      role: message.role,
      isOutput,
      finishReason: message.finish_reason ?? null,
      parts: message.parts
        .filter((part) => !(part.type === "tool_result" && part.id && answered.has(part.id)))
        .map((part) => chatPart(part, results)),
    }))
    .filter((message) => message.parts.length > 0);
}

function resultsById(conversation: Conversation): Map<string, unknown> {
  const results = new Map<string, unknown>();
  for (const call of conversation.tool_calls ?? []) {
    if (call.id && call.result !== undefined && call.result !== null) results.set(call.id, call.result);
  }
  for (const message of [...(conversation.input_messages ?? []), ...(conversation.output_messages ?? [])]) {
    for (const part of message.parts) {
      if (part.type === "tool_result" && part.id) results.set(part.id, part.result);
    }
  }
  return results;
}

function chatPart(part: MessagePart, results: ReadonlyMap<string, unknown>): ChatPart {
  switch (part.type) {
    case "text":
      return { kind: "text", text: part.text };
    case "reasoning":
      return { kind: "reasoning", text: part.text };
    case "tool_call": {
      const id = part.id ?? null;
      const hasResult = id !== null && results.has(id);
      return {
        kind: "toolCall",
        call: {
          id,
          name: part.name,
          arguments: part.arguments,
          hasResult,
          result: hasResult ? results.get(id) : undefined,
        },
      };
    }
    case "tool_result":
      return { kind: "toolResult", id: part.id ?? null, result: part.result };
    case "image":
    case "audio":
    case "file":
      return { kind: "media", media: part };
    default:
      return { kind: "other", value: part.value };
  }
}

const PICTURES = /^image\/(?:png|jpe?g|gif|webp|avif|bmp)$/i;
const DATA_URL = /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp);base64,[a-z0-9+/=\s]+$/i;
const BASE64 = /^[a-z0-9+/=\s]+$/i;

/**
 * An address that shows a picture without asking any server for it, or null. Only raster pictures carried in the
 * payload itself: a remote address would tell its owner who reads the trace, and when.
 */
export function pictureSource(media: Pick<MediaPart, "mime_type" | "url" | "data">): string | null {
  if (media.url && DATA_URL.test(media.url)) return media.url;
  const mime = media.mime_type ?? "";
  return media.data && PICTURES.test(mime) && BASE64.test(media.data)
    ? `data:${mime};base64,${media.data}`
    : null;
}

/** The address if a browser may open it from a link, else null: `javascript:` and its like stay text. */
export function safeLink(url: string | null | undefined): string | null {
  if (!url) return null;
  try {
    const { protocol } = new URL(url);
    return protocol === "https:" || protocol === "http:" || protocol === "mailto:" ? url : null;
  } catch {
    return null; // No absolute address: relative ones would point into this app.
  }
}

/** The value of a text that is a JSON object or array, else undefined. */
export function parseJsonText(text: string): unknown {
  const trimmed = text.trim();
  const isBracketed =
    (trimmed.startsWith("{") && trimmed.endsWith("}")) || (trimmed.startsWith("[") && trimmed.endsWith("]"));
  if (!isBracketed) return undefined;
  try {
    return JSON.parse(trimmed) as unknown;
  } catch {
    return undefined; // Prose or code in brackets.
  }
}

export interface CutText {
  readonly shown: string;
  /** Characters left out. */
  readonly hidden: number;
}

/** The first `most` characters, at a line's end where one is near, never within a surrogate pair. */
export function cutText(text: string, most: number): CutText {
  // A cut that would save little is only a nuisance.
  if (text.length <= most * 1.2) return { shown: text, hidden: 0 };
  const lineEnd = text.lastIndexOf("\n", most);
  let at = lineEnd > most * 0.8 ? lineEnd : most;
  const last = text.charCodeAt(at - 1);
  if (last >= 0xd800 && last <= 0xdbff) at -= 1;
  return { shown: text.slice(0, at), hidden: text.length - at };
}

/** A payload as text to copy: strings as they are, everything else as indented JSON. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, null, 2) ?? "";
}
