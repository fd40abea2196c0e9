/** Searching inside a trace: names here, payloads on the server, one ordered list of matches. */

import type { TraceNode, TraceTree, TreeSpan } from "./traceTree";

export interface SearchableSpan extends TreeSpan {
  readonly name: string;
  readonly response_model: string | null;
  readonly request_model: string | null;
  readonly tool_name: string | null;
  readonly error_message: string | null;
}

/** Matches in the order of the rows: what is visible at once by name, and what the server found in payloads. */
export function searchTree<S extends SearchableSpan>(
  tree: TraceTree<S>,
  query: string,
  foundByServer: readonly string[],
): TraceNode<S>[] {
  const needle = query.trim().toLowerCase();
  if (needle === "") return [];
  const found = new Set(foundByServer);
  return tree.nodes.filter(({ span }) => found.has(span.span_id) || namesOf(span).includes(needle));
}

function namesOf(span: SearchableSpan): string {
  return [span.name, span.request_model, span.response_model, span.tool_name, span.error_message]
    .filter((text) => text !== null)
    .join("\n")
    .toLowerCase();
}

/** The match to go to from row `from`: the nearest in that direction, around the end. -1 where there is none. */
export function stepToMatch<S extends TreeSpan>(
  matches: readonly TraceNode<S>[],
  from: number,
  step: 1 | -1,
): number {
  if (matches.length === 0) return -1;
  if (step === 1) {
    const after = matches.findIndex((node) => node.index > from);
    return after === -1 ? 0 : after;
  }
  const before = matches.findLastIndex((node) => node.index < from);
  return before === -1 ? matches.length - 1 : before;
}

export interface TextPiece {
  readonly text: string;
  readonly isMatch: boolean;
}

/** Cuts a text at the places where the query occurs, for highlighting. */
export function markMatches(text: string, query: string): TextPiece[] {
  const needle = query.trim().toLowerCase();
  const haystack = text.toLowerCase();
  // Lower case may change a text's length (Turkish dotted I): offsets would lie, so nothing is marked.
  if (needle === "" || haystack.length !== text.length) return [{ text, isMatch: false }];
  const pieces: TextPiece[] = [];
  let from = 0;
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), isMatch: false });
    pieces.push({ text: text.slice(at, at + needle.length), isMatch: true });
    from = at + needle.length;
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from), isMatch: false });
  return pieces;
}
