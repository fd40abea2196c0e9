import frame from "../datasets/DatasetFrame.module.css";
import { directionOf, formatDifference } from "./numbers";
import { useExperimentStrings } from "./strings";

/** A difference with its sign, an arrow and a colour: not by colour alone. */
export function Difference(props: { value: number | null; title?: string }) {
  const t = useExperimentStrings();
  if (props.value === null) return null;
  const direction = directionOf(props.value);
  const mark = { better: "▲", worse: "▼", same: "" }[direction];
  return (
    <span
      className={direction === "same" ? "muted" : frame[direction]}
      title={props.title ?? (direction === "same" ? undefined : t(direction))}
      style={{ whiteSpace: "nowrap" }}
    >
      {mark} {formatDifference(props.value)}
    </span>
  );
}
