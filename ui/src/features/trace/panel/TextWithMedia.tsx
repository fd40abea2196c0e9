import { Fragment, type ReactNode } from "react";
import type { MediaReference } from "../../../model/mediaReference";
import { StoredMedia } from "./StoredMedia";

/** A text's pieces in their order, each file in the place of its reference. */
export function TextWithMedia(props: {
  pieces: readonly (string | MediaReference)[];
  renderText: (text: string) => ReactNode;
}) {
  return props.pieces.map((piece, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text's pieces keep their places.
    <Fragment key={index}>
      {typeof piece === "string" ? props.renderText(piece) : <StoredMedia reference={piece} />}
    </Fragment>
  ));
}
