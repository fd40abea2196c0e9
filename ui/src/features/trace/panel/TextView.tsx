import { useMemo, useState } from "react";
import { formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { splitMedia } from "../../../model/mediaReference";
import { cutText, parseJsonText } from "../../../model/traceMessages";
import { useTraceStrings } from "../strings";
import { JsonView } from "./JsonView";
import { Markdown } from "./Markdown";
import classes from "./panel.module.css";
import { TextWithMedia } from "./TextWithMedia";

const SHOWN_CHARS = 4_000;

/** A text as what it is: JSON as a tree, else Markdown, or as it was sent. Long ones are cut until asked for. */
export function TextView(props: { text: string; isPlain?: boolean }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const [isWhole, setWhole] = useState(false);
  const json = useMemo(
    () => (props.isPlain ? undefined : parseJsonText(props.text)),
    [props.text, props.isPlain],
  );
  if (json !== undefined) return <JsonView value={json} />;
  const { shown, hidden } = cutText(props.text, isWhole ? Number.POSITIVE_INFINITY : SHOWN_CHARS);
  return (
    <div className={classes.text}>
      <TextWithMedia
        pieces={splitMedia(shown)}
        renderText={(text) =>
          props.isPlain ? <pre className={classes.pre}>{text}</pre> : <Markdown text={text} />
        }
      />
      {hidden > 0 && (
        <button type="button" className={classes.more} onClick={() => setWhole(true)}>
          {t("showAll", { count: formatCount(hidden, language) })}
        </button>
      )}
      {isWhole && (
        <button type="button" className={classes.more} onClick={() => setWhole(false)}>
          {t("showLess")}
        </button>
      )}
    </div>
  );
}
