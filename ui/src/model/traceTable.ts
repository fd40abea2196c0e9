/** The spans of a trace as a table, sorted by a column. */

import type { SpanHead } from "../api/types";
import type { TraceNode } from "./traceTree";

type Node = TraceNode<SpanHead>;
type Value = string | number | null;

const VALUES = {
  start: (node: Node): Value => node.startMs,
  name: (node: Node): Value => node.span.name.toLowerCase(),
  kind: (node: Node): Value => node.span.kind,
  model: (node: Node): Value => node.span.response_model ?? node.span.request_model,
  service: (node: Node): Value => node.span.service,
  status: (node: Node): Value => node.span.status,
  duration: (node: Node): Value => node.span.duration_ms,
  self: (node: Node): Value => node.span.self_time_ms,
  critical: (node: Node): Value => node.span.critical_path_ms,
  ttft: (node: Node): Value => node.span.ttft_ms,
  input: (node: Node): Value => node.span.input_tokens,
  output: (node: Node): Value => node.span.output_tokens,
  cost: (node: Node): Value => (node.span.is_billable ? node.span.cost_usd : null),
};

export type TableColumn = keyof typeof VALUES;

export interface TableSort {
  readonly column: TableColumn;
  readonly isDescending: boolean;
}

/** Undefined, or a column this table does not have: in start order. */
export function parseSort(text: string | undefined): TableSort {
  const isDescending = text?.startsWith("-") ?? false;
  const name = isDescending ? text?.slice(1) : text;
  if (name !== undefined && Object.hasOwn(VALUES, name)) return { column: name as TableColumn, isDescending };
  return { column: "start", isDescending: false };
}

/** Clicking a column: largest first where it counts, then the other way around, then back to start order. */
export function nextSort(current: TableSort, column: TableColumn): string | undefined {
  const isText = ["start", "name", "kind", "model", "service", "status"].includes(column);
  const first = isText ? column : `-${column}`;
  const second = isText ? `-${column}` : column;
  if (current.column !== column) return first;
  return (current.isDescending ? `-${column}` : column) === first ? second : undefined;
}

/** Absent values come last in both directions; equal ones stay in depth-first order. */
export function sortSpans(nodes: readonly Node[], sort: string | undefined): Node[] {
  const { column, isDescending } = parseSort(sort);
  const pick = VALUES[column];
  const sign = isDescending ? -1 : 1;
  return [...nodes].sort((left, right) => {
    const [a, b] = [pick(left), pick(right)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (a === b) return 0;
    return a < b ? -sign : sign;
  });
}
