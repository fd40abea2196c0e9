import { CircleAlert, CircleCheck, CircleDashed } from "lucide-react";
import type { Status } from "../../api/types";
import classes from "./StatusMark.module.css";
import { useTraceStrings } from "./strings";

const ICONS = { ok: CircleCheck, error: CircleAlert, unset: CircleDashed };

/** A status as colour, shape and word. */
export function StatusMark(props: { status: Status }) {
  const t = useTraceStrings();
  const Icon = ICONS[props.status];
  return (
    <span className={classes.mark} data-status={props.status}>
      <Icon size={13} aria-hidden />
      {t(`status_${props.status}`)}
    </span>
  );
}
