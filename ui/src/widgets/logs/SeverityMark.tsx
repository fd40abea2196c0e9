import type { Severity } from "../../api/types";
import { ABSENT } from "../../base/format";
import classes from "./SeverityMark.module.css";

/** The severity as a word with its colour; the word alone tells it too. */
export function SeverityMark(props: { severity: Severity | null; text?: string | null }) {
  const { severity } = props;
  if (severity === null) return <span className="muted">{props.text || ABSENT}</span>;
  const title = props.text && props.text.toLowerCase() !== severity ? props.text : undefined;
  return (
    <span className={classes.mark} data-severity={severity} title={title}>
      {severity}
    </span>
  );
}
