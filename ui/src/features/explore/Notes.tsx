import { Info, TriangleAlert } from "lucide-react";
import classes from "./Notes.module.css";

/** What the engine remarked beside the answer. */
export function Notes(props: { warnings: readonly string[]; infos: readonly string[] }) {
  return (
    <>
      {props.warnings.map((text) => (
        <p key={text} className={classes.note} data-kind="warning">
          <TriangleAlert size={14} aria-hidden /> {text}
        </p>
      ))}
      {props.infos.map((text) => (
        <p key={text} className={classes.note}>
          <Info size={14} aria-hidden /> {text}
        </p>
      ))}
    </>
  );
}
