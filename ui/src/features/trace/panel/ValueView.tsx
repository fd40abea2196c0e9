import { JsonView } from "./JsonView";
import { TextView } from "./TextView";

/** A payload's value: text as text, everything else as a tree. */
export function ValueView(props: { value: unknown }) {
  if (typeof props.value === "string") return <TextView text={props.value} />;
  return <JsonView value={props.value} />;
}
