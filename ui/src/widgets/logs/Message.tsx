import type { Log } from "../../api/types";
import { fieldsPreview, headline } from "../../model/logFields";
import { MarkedWords } from "./MarkedWords";
import classes from "./Message.module.css";
import { useLogWords } from "./strings";

const SHOWN_CHARS = 1_000;

/** What a record says, in one line: its event, its message, and a structured line's fields. */
export function Message(props: { log: Log; marks: readonly string[] }) {
  const t = useLogWords();
  const { log, marks } = props;
  const text = headline(log).slice(0, SHOWN_CHARS);
  const isNamed = log.event_name !== null && log.event_name !== text;
  return (
    <>
      {isNamed && <span className={classes.event}>{log.event_name}</span>}
      {text === "" ? <span className="muted">{t("noBody")}</span> : <MarkedWords text={text} words={marks} />}
      {fieldsPreview(log).map(([key, value]) => (
        <span key={key} className={classes.field}>
          <span className={classes.key}>{key}=</span>
          {value.slice(0, 120)}
        </span>
      ))}
    </>
  );
}
