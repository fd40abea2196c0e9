import { Fragment } from "react";
import classes from "./MarkedWords.module.css";

/** The text with every occurrence of the words marked, upper or lower case. */
export function MarkedWords(props: { text: string; words: readonly string[] }) {
  const { text, words } = props;
  if (words.length === 0) return text;
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pieces = text.split(new RegExp(`(${escaped.join("|")})`, "gi"));
  return pieces.map((piece, position) =>
    position % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
      <mark key={position} className={classes.mark}>
        {piece}
      </mark>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
      <Fragment key={position}>{piece}</Fragment>
    ),
  );
}
