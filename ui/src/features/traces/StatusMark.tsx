import { Check, CircleAlert, Minus } from "lucide-react";
import type { Trace } from "../../api/types";
import classes from "./StatusMark.module.css";

/** Status as shape, colour and word: no meaning hangs on colour alone. */
export function StatusMark(props: { trace: Trace; label: string; iconOnly?: boolean }) {
  const { trace, label } = props;
  const Icon = trace.status === "error" ? CircleAlert : trace.status === "ok" ? Check : Minus;
  const title = trace.error_types.length > 0 ? `${label}: ${trace.error_types.join(", ")}` : label;
  return (
    <span className={classes.mark} data-status={trace.status} title={title}>
      <Icon size={13} aria-hidden />
      {props.iconOnly ? <span className="sr-only">{label}</span> : label}
    </span>
  );
}
