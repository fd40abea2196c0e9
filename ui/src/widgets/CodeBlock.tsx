import classes from "./CodeBlock.module.css";
import { CopyButton } from "./CopyButton";

/** Text to copy: commands and code. */
export function CodeBlock(props: { code: string }) {
  return (
    <div className={classes.block}>
      <pre className={classes.code}>{props.code}</pre>
      <div className={classes.copy}>
        <CopyButton value={props.code} />
      </div>
    </div>
  );
}
