/**
 * The trace as a conversation: model turns, tool calls with results, and what was retrieved, in the order they began.
 * The spans that merely wrap them are left out; the agent they ran under is named instead.
 */

import type { Message } from "../api/types";
import { ancestorsOf, type TraceNode, type TraceTree, type TreeSpan } from "./traceTree";

export interface TurnSpan extends TreeSpan {
  readonly name: string;
  readonly kind: string;
  readonly is_call: boolean;
}

export interface Turn<S extends TurnSpan> {
  readonly node: TraceNode<S>;
  /** The nearest agent above, where there is more than one to tell apart. */
  readonly agent: TraceNode<S> | null;
  /** The model turn before it under the same agent: its messages are not shown again. */
  readonly previous: TraceNode<S> | null;
  /** Names of tools that ran, with spans of their own, since that turn. */
  readonly toolSpansSince: number;
}

const STEP_KINDS: ReadonlySet<string> = new Set(["tool", "retriever", "reranker", "guardrail", "cache"]);

export function transcriptOf<S extends TurnSpan>(tree: TraceTree<S>): Turn<S>[] {
  const turns: Turn<S>[] = [];
  const agents = new Set(tree.nodes.filter(({ span }) => span.kind === "agent"));
  const lastTurn = new Map<TraceNode<S> | null, TraceNode<S>>();
  const toolsSince = new Map<TraceNode<S> | null, number>();
  const hasCalls = tree.nodes.some(({ span }) => span.is_call);
  // Equal starts keep depth-first order: sorting is stable.
  const candidates = tree.nodes
    .filter((node) => isTurn(node, hasCalls))
    .sort((left, right) => left.startMs - right.startMs);
  for (const node of candidates) {
    const agent = ancestorsOf(node).find((above) => agents.has(above)) ?? null;
    const isModel = node.span.kind === "llm";
    turns.push({
      node,
      agent: agents.size > 1 ? agent : null,
      previous: isModel ? (lastTurn.get(agent) ?? null) : null,
      toolSpansSince: isModel ? (toolsSince.get(agent) ?? 0) : 0,
    });
    if (isModel) {
      lastTurn.set(agent, node);
      toolsSince.set(agent, 0);
    } else if (node.span.kind === "tool") {
      toolsSince.set(agent, (toolsSince.get(agent) ?? 0) + 1);
    }
  }
  return turns;
}

/** Of several spans that tell the same model call, the one that stands for it; without verdicts, the innermost. */
function isTurn<S extends TurnSpan>(node: TraceNode<S>, hasCalls: boolean): boolean {
  const { kind, is_call } = node.span;
  if (STEP_KINDS.has(kind)) return true;
  if (kind !== "llm") return false;
  return hasCalls ? is_call : !node.children.some((child) => child.span.kind === "llm");
}

/**
 * What is new in a turn's input: chat histories repeat everything said before, so the messages it shares with the turn
 * before are dropped, and the echo of that turn's answer too. Tool results are dropped where tools show their own.
 */
export function newMessages(
  input: readonly Message[],
  previousInput: readonly Message[] | null,
  hasToolSpans: boolean,
): readonly Message[] {
  if (previousInput === null || previousInput.length === 0) return input;
  const shared = sharedPrefix(input, previousInput);
  // Nothing in common: another conversation, shown whole.
  if (shared === 0) return input;
  return input.slice(shared).filter((message) => {
    if (message.role === "assistant") return false;
    return !(hasToolSpans && message.parts.every((part) => part.type === "tool_result"));
  });
}

function sharedPrefix(left: readonly Message[], right: readonly Message[]): number {
  const most = Math.min(left.length, right.length);
  let shared = 0;
  while (shared < most && JSON.stringify(left[shared]) === JSON.stringify(right[shared])) shared++;
  return shared;
}
