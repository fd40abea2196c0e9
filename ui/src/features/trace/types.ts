import type { SpanHead } from "../../api/types";
import type { TraceNode, TraceTree } from "../../model/traceTree";

export type Node = TraceNode<SpanHead>;
export type Tree = TraceTree<SpanHead>;
