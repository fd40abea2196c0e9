/**
 * The tree of a trace: built in one pass, read in depth-first order.
 *
 * Spans come in start order and name their parents. A parent may be missing (not arrived yet), there may be several
 * roots, and hostile senders may close a circle: every span appears exactly once whatever they sent.
 */

import { parseNanoTime } from "../base/time";

/** What the tree needs to know of a span; the API's span has all of it. */
export interface TreeSpan {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly start_time: string;
  readonly duration_ms: number;
  readonly status: string;
  readonly is_billable: boolean;
  readonly total_tokens: number | null;
  readonly cost_usd: number | null;
}

/** Sums over a span and everything below it; tokens and cost over billable spans only. */
export interface SubtreeTotals {
  spans: number;
  errors: number;
  /** Null where no billable span tells its tokens. */
  tokens: number | null;
  /** Null where nothing below has a price. */
  costUsd: number | null;
  /** Billable spans without a price. */
  unpriced: number;
}

export interface TraceNode<S extends TreeSpan> {
  readonly span: S;
  readonly parent: TraceNode<S> | null;
  readonly children: TraceNode<S>[];
  readonly depth: number;
  /** Its parent is named but not among the spans. */
  readonly isOrphan: boolean;
  /** Milliseconds after the trace's start. */
  readonly startMs: number;
  /** Position in depth-first order. */
  index: number;
  /** Position after the last span of the subtree: rows `index + 1 .. end - 1` are what collapsing hides. */
  end: number;
  readonly totals: SubtreeTotals;
}

export interface TraceTree<S extends TreeSpan> {
  /** Every span once, depth first. */
  readonly nodes: readonly TraceNode<S>[];
  readonly byId: ReadonlyMap<string, TraceNode<S>>;
  readonly roots: readonly TraceNode<S>[];
  readonly orphanCount: number;
  /** How many different parents are missing. */
  readonly missingParentCount: number;
  readonly startTime: string | null;
  /** From the earliest start to the latest end. */
  readonly durationMs: number;
}

interface Timed<S> {
  span: S;
  startMs: number;
}

export function buildTraceTree<S extends TreeSpan>(spans: readonly S[]): TraceTree<S> {
  const timed = inStartOrder(spans);
  const { childrenOf, roots, missing } = linkByParent(timed);
  const visited = new Set<Timed<S>>();
  const nodes: TraceNode<S>[] = [];
  const rootNodes: TraceNode<S>[] = [];
  const grow = (root: Timed<S>, isOrphan: boolean): void => {
    const first = nodes.length;
    appendSubtree(root, { isOrphan, childrenOf, visited, nodes });
    const node = nodes[first];
    if (node) rootNodes.push(node);
  };
  for (const root of roots) grow(root, root.span.parent_span_id !== null);
  // What no root reaches goes in a circle: its earliest span stands in for the root.
  if (nodes.length < timed.length) {
    for (const entry of timed) if (!visited.has(entry)) grow(entry, false);
  }
  sumSubtrees(nodes);
  return {
    nodes,
    byId: new Map(nodes.map((node) => [node.span.span_id, node])),
    roots: rootNodes,
    orphanCount: rootNodes.filter((node) => node.isOrphan).length,
    missingParentCount: missing.size,
    startTime: timed[0]?.span.start_time ?? null,
    durationMs: timed.reduce((end, { span, startMs }) => Math.max(end, startMs + span.duration_ms), 0),
  };
}

function inStartOrder<S extends TreeSpan>(spans: readonly S[]): Timed<S>[] {
  const starts = spans.map((span) => parseNanoTime(span.start_time));
  const base = starts.reduce((earliest, start) => Math.min(earliest, start), Number.POSITIVE_INFINITY);
  const timed = spans.map((span, position) => ({ span, startMs: (starts[position] ?? base) - base }));
  // Already sorted as the API promises, in which case this is one pass.
  return timed.sort((left, right) => left.startMs - right.startMs);
}

function linkByParent<S extends TreeSpan>(timed: readonly Timed<S>[]) {
  const known = new Set(timed.map(({ span }) => span.span_id));
  const childrenOf = new Map<string, Timed<S>[]>();
  const roots: Timed<S>[] = [];
  const missing = new Set<string>();
  for (const entry of timed) {
    const parentId = entry.span.parent_span_id;
    if (parentId === null) {
      roots.push(entry);
    } else if (!known.has(parentId)) {
      roots.push(entry);
      missing.add(parentId);
    } else {
      const siblings = childrenOf.get(parentId);
      if (siblings) siblings.push(entry);
      else childrenOf.set(parentId, [entry]);
    }
  }
  return { childrenOf, roots, missing };
}

interface Growth<S extends TreeSpan> {
  readonly isOrphan: boolean;
  readonly childrenOf: ReadonlyMap<string, readonly Timed<S>[]>;
  readonly visited: Set<Timed<S>>;
  readonly nodes: TraceNode<S>[];
}

/** Depth first with a stack of its own: a chain of ten thousand spans must not overflow the engine's. */
function appendSubtree<S extends TreeSpan>(root: Timed<S>, growth: Growth<S>): void {
  const stack: { entry: Timed<S>; parent: TraceNode<S> | null }[] = [{ entry: root, parent: null }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { entry, parent } = top;
    if (growth.visited.has(entry)) continue;
    growth.visited.add(entry);
    const node = makeNode(entry, parent, parent === null && growth.isOrphan);
    node.index = growth.nodes.length;
    growth.nodes.push(node);
    parent?.children.push(node);
    const children = growth.childrenOf.get(entry.span.span_id) ?? [];
    for (let position = children.length - 1; position >= 0; position--) {
      const child = children[position];
      if (child) stack.push({ entry: child, parent: node });
    }
  }
}

function makeNode<S extends TreeSpan>(
  { span, startMs }: Timed<S>,
  parent: TraceNode<S> | null,
  isOrphan: boolean,
): TraceNode<S> {
  const isUnpriced = span.is_billable && span.cost_usd === null;
  return {
    span,
    parent,
    children: [],
    depth: parent === null ? 0 : parent.depth + 1,
    isOrphan,
    startMs,
    index: 0,
    end: 0,
    totals: {
      spans: 1,
      errors: span.status === "error" ? 1 : 0,
      tokens: span.is_billable ? span.total_tokens : null,
      costUsd: span.is_billable ? span.cost_usd : null,
      unpriced: isUnpriced ? 1 : 0,
    },
  };
}

/** Backwards through depth-first order every child is summed before its parent. */
function sumSubtrees<S extends TreeSpan>(nodes: readonly TraceNode<S>[]): void {
  for (let position = nodes.length - 1; position >= 0; position--) {
    const node = nodes[position];
    if (!node) continue;
    node.end = node.index + node.totals.spans;
    const above = node.parent?.totals;
    if (!above) continue;
    above.spans += node.totals.spans;
    above.errors += node.totals.errors;
    above.unpriced += node.totals.unpriced;
    above.tokens = addKnown(above.tokens, node.totals.tokens);
    above.costUsd = addKnown(above.costUsd, node.totals.costUsd);
  }
}

/** Unknown plus known is known; two unknowns stay unknown. */
function addKnown(left: number | null, right: number | null): number | null {
  if (left === null) return right;
  return right === null ? left : left + right;
}

/** The rows to show when the subtrees for which `isCollapsed` holds are folded. Costs what it returns. */
export function visibleNodes<S extends TreeSpan>(
  tree: TraceTree<S>,
  isCollapsed: (node: TraceNode<S>) => boolean,
): TraceNode<S>[] {
  const rows: TraceNode<S>[] = [];
  for (let position = 0; position < tree.nodes.length; ) {
    const node = tree.nodes[position];
    if (!node) break;
    rows.push(node);
    position = node.children.length > 0 && isCollapsed(node) ? node.end : position + 1;
  }
  return rows;
}

/** Nearest first. */
export function ancestorsOf<S extends TreeSpan>(node: TraceNode<S>): TraceNode<S>[] {
  const ancestors: TraceNode<S>[] = [];
  for (let above = node.parent; above !== null; above = above.parent) ancestors.push(above);
  return ancestors;
}

/** The next span for which `matches` holds, after `from` in depth-first order, around the end; null where none. */
export function nextNode<S extends TreeSpan>(
  tree: TraceTree<S>,
  from: number,
  step: 1 | -1,
  matches: (node: TraceNode<S>) => boolean,
): TraceNode<S> | null {
  const count = tree.nodes.length;
  for (let distance = 1; distance <= count; distance++) {
    const node = tree.nodes[(((from + step * distance) % count) + count) % count];
    if (node && matches(node)) return node;
  }
  return null;
}
