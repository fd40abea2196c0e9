/**
 * Which subtrees are folded, small enough for a URL.
 *
 * Folding is written as what differs from the rule: nothing is folded, or (with `*`) everything below the roots is.
 * Two clicks in a trace of ten thousand spans are two ids, not ten thousand.
 */

import { ancestorsOf, type TraceNode, type TreeSpan } from "./traceTree";

export interface Fold {
  readonly isAll: boolean;
  /** Spans that differ from the rule. */
  readonly exceptions: ReadonlySet<string>;
}

export const NOTHING_FOLDED: Fold = { isAll: false, exceptions: new Set() };
export const ALL_FOLDED: Fold = { isAll: true, exceptions: new Set() };

export function parseFold(text: string | undefined): Fold {
  const words = (text ?? "").split(".").filter((word) => word !== "");
  return { isAll: words.includes("*"), exceptions: new Set(words.filter((word) => word !== "*")) };
}

/** Undefined where nothing is folded, so that the parameter leaves the URL. */
export function printFold(fold: Fold): string | undefined {
  const words = [...(fold.isAll ? ["*"] : []), ...fold.exceptions];
  return words.length > 0 ? words.join(".") : undefined;
}

export function isFolded<S extends TreeSpan>(fold: Fold, node: TraceNode<S>): boolean {
  const differs = fold.exceptions.has(node.span.span_id);
  return (fold.isAll && node.depth > 0) !== differs;
}

export function setFolded<S extends TreeSpan>(fold: Fold, node: TraceNode<S>, folded: boolean): Fold {
  if (isFolded(fold, node) === folded) return fold;
  const exceptions = new Set(fold.exceptions);
  if (!exceptions.delete(node.span.span_id)) exceptions.add(node.span.span_id);
  return { isAll: fold.isAll, exceptions };
}

/** Opens what hides the span. */
export function revealNode<S extends TreeSpan>(fold: Fold, node: TraceNode<S>): Fold {
  return ancestorsOf(node).reduce((opened, ancestor) => setFolded(opened, ancestor, false), fold);
}
