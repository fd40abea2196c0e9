import { markMatches } from "../../model/traceSearch";

/** A text with the places marked where the query occurs. */
export function Marked(props: { text: string; query: string }) {
  return markMatches(props.text, props.query).map((piece, position) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
    piece.isMatch ? <mark key={position}>{piece.text}</mark> : piece.text,
  );
}
