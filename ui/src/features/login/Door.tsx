import { type ReactNode, useEffect } from "react";
import classes from "./Door.module.css";

/** The frame of pages before the app: one box. */
export function Door(props: { title: string; hint?: ReactNode; children?: ReactNode }) {
  const { title } = props;
  useEffect(() => {
    document.title = `${title} · Spanglass`;
  }, [title]);
  return (
    <div className={classes.page}>
      <main className={classes.box}>
        <div className={classes.brand}>
          <img src="/favicon.svg" alt="" width={22} height={22} />
          Spanglass
        </div>
        <h1 className={classes.title}>{title}</h1>
        {props.hint && <p className={classes.hint}>{props.hint}</p>}
        {props.children}
      </main>
    </div>
  );
}
