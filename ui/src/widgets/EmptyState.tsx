import type { ReactNode } from "react";
import classes from "./EmptyState.module.css";

/** What stands where nothing is: what is missing, why, what to do. */
export function EmptyState(props: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={classes.root} role="status">
      {props.icon && <div className={classes.icon}>{props.icon}</div>}
      <h2 className={classes.title}>{props.title}</h2>
      {props.children && <div className={classes.text}>{props.children}</div>}
      {props.actions && <div className={classes.actions}>{props.actions}</div>}
    </div>
  );
}
