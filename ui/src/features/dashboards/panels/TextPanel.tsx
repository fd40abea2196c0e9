import { Markdown } from "../../trace/panel/Markdown";
import classes from "./panels.module.css";

export function TextPanel(props: { text: string }) {
  return (
    <div className={classes.scroll} data-padded>
      <Markdown text={props.text} />
    </div>
  );
}
