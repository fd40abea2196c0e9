/** Langfuse's references to uploaded files: `@@@langfuseMedia:type=image/png|id=<media id>|source=bytes@@@`. */

export interface MediaReference {
  readonly id: string;
  readonly mimeType: string;
}

const REFERENCE = /@@@langfuseMedia:([^@\s]{1,1000}?)@@@/g;

/** The text in pieces: what stands between references, and these. A text without any is one piece. */
export function splitMedia(text: string): (string | MediaReference)[] {
  const pieces: (string | MediaReference)[] = [];
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const reference = readFields(match[1] ?? "");
    if (reference === null) continue;
    if (match.index > end) pieces.push(text.slice(end, match.index));
    pieces.push(reference);
    end = match.index + match[0].length;
  }
  if (end < text.length || pieces.length === 0) pieces.push(text.slice(end));
  return pieces;
}

/** The first reference in a text, if there is one. */
export function findMedia(text: string | null | undefined): MediaReference | null {
  const found = splitMedia(text ?? "").find((piece) => typeof piece !== "string");
  return found === undefined || typeof found === "string" ? null : found;
}

function readFields(text: string): MediaReference | null {
  const fields = new Map(text.split("|").map((field) => splitField(field)));
  const id = fields.get("id") ?? "";
  return id === "" ? null : { id, mimeType: fields.get("type") ?? "" };
}

function splitField(field: string): [string, string] {
  const at = field.indexOf("=");
  return at < 0 ? [field, ""] : [field.slice(0, at), field.slice(at + 1)];
}
