import type { Document } from "../../../api/types";
import { formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { textOf } from "../../../model/traceMessages";
import { CopyButton } from "../../../widgets/CopyButton";
import { useTraceStrings } from "../strings";
import { Fold } from "./Fold";
import { JsonView } from "./JsonView";
import classes from "./panel.module.css";
import { Section } from "./Section";
import { TextView } from "./TextView";

/** What was retrieved, in the order it came back, each with its score. */
export function Documents(props: { documents: readonly Document[] }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const { documents } = props;
  const best = Math.max(...documents.map((document) => document.score ?? 0));
  return (
    <Section title={`${t("documents")} (${formatCount(documents.length, language)})`}>
      <ol className={classes.documents}>
        {documents.map((document, position) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: ids may be absent or repeat
          <li key={position} className={classes.document}>
            <div className={classes.documentHead}>
              <span className={classes.rank}>{position + 1}</span>
              <span className={classes.documentId}>{document.id ?? t("noId")}</span>
              {document.score !== null && <Score value={document.score} best={best} />}
              <CopyButton value={() => document.content ?? textOf(document)} />
            </div>
            {document.content && <TextView text={document.content} />}
            {document.metadata && Object.keys(document.metadata).length > 0 && (
              <Fold title={t("metadata")}>
                <JsonView value={document.metadata} />
              </Fold>
            )}
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** Scores have no common scale, so the bar compares with the best of this list only. */
function Score(props: { value: number; best: number }) {
  const t = useTraceStrings();
  const share = props.best > 0 ? Math.max(0, props.value / props.best) : 0;
  return (
    <span className={classes.score} title={String(props.value)}>
      <span className={classes.scoreBar} aria-hidden>
        <span style={{ width: `${share * 100}%` }} />
      </span>
      {t("score", { score: String(Number(props.value.toPrecision(4))) })}
    </span>
  );
}
