import type { ReactNode } from "react";
import classes from "./settings.module.css";

/** A titled part of a page of settings. */
export function Section(props: {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <section className={classes.section}>
      <header className={classes.head}>
        <h2 className={classes.title}>{props.title}</h2>
        <div className={classes.actions}>{props.actions}</div>
      </header>
      {props.hint && <p className={classes.hint}>{props.hint}</p>}
      {props.children}
    </section>
  );
}
