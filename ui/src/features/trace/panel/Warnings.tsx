import { TriangleAlert } from "lucide-react";
import { useLanguage } from "../../../base/i18n";
import { useTraceStrings } from "../strings";
import { explainWarning } from "../warnings";
import classes from "./panel.module.css";

/** What the server noticed while it read the span. */
export function Warnings(props: { words: readonly string[] }) {
  const t = useTraceStrings();
  const language = useLanguage();
  return (
    <div className={classes.warningBox}>
      <div className={classes.errorHead}>
        <TriangleAlert size={14} aria-hidden />
        <b>{t("warnings")}</b>
      </div>
      <ul>
        {props.words.map((word) => (
          <li key={word}>
            <code>{word}</code> {explainWarning(word, language)}
          </li>
        ))}
      </ul>
    </div>
  );
}
