/** Which spans of a trace a reviewer reads. */

/** So many searches are shown; an agent may make dozens. */
const RETRIEVALS_MAX = 4;

type ReadableSpan = {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly kind: string;
  readonly is_call: boolean;
  readonly input_preview: string | null;
  readonly output_preview: string | null;
};

/**
 * The span that holds question and answer: the one that is judged; of a trace its root, or the last model call where
 * the root tells nothing. With the spans that say what was retrieved: rerankers, else retrievers. Null where there is
 * no such span.
 */
export function spansToRead<S extends ReadableSpan>(
  spans: readonly S[],
  judged: { rootId: string | null; spanId: string | null },
): { main: S; retrievals: S[] } | null {
  if (judged.spanId !== null) {
    const main = spans.find((span) => span.span_id === judged.spanId);
    return main ? { main, retrievals: [] } : null;
  }
  const root = spans.find((span) => span.span_id === judged.rootId) ?? spans[0];
  const call = spans.findLast((span) => span.is_call);
  const main = root && isTelling(root) ? root : (call ?? root);
  if (main === undefined) return null;
  const ofKind = (kind: string) => spans.filter((span) => span.kind === kind && span !== main);
  const rerankers = ofKind("reranker");
  return {
    main,
    retrievals: (rerankers.length > 0 ? rerankers : ofKind("retriever")).slice(0, RETRIEVALS_MAX),
  };
}

function isTelling(span: ReadableSpan): boolean {
  return Boolean(span.input_preview) || Boolean(span.output_preview);
}
