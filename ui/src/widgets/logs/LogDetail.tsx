import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ListTree, ScrollText } from "lucide-react";
import { useState } from "react";
import { logQuery } from "../../api/queries";
import type { Log } from "../../api/types";
import { useProject } from "../../api/useProject";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { type LogGroup, logGroups, stackTrace } from "../../model/logFields";
import { CopyButton } from "../CopyButton";
import classes from "./LogDetail.module.css";
import { LogFieldRow, type OnFilter } from "./LogFieldRow";
import { MarkedWords } from "./MarkedWords";
import { useLogWords } from "./strings";

const GROUP_WORDS = {
  record: "groupRecord",
  fields: "groupFields",
  attributes: "groupAttributes",
  resource: "groupResource",
  scope: "groupScope",
} as const satisfies Record<LogGroup, string>;

const SHOWN_CHARS = 6_000;

/** All there is to a record: its body whole, and its fields, each to copy and to filter by. */
export function LogDetail(props: DetailProps) {
  const project = useProject();
  const whole = useQuery({ ...logQuery(project, props.log.log_id), enabled: props.log.is_cut });
  return <Detail {...props} log={whole.data ?? props.log} />;
}

type DetailProps = {
  log: Log;
  marks: readonly string[];
  onFilter: OnFilter;
  /** Whether to lead to the record's trace, where that is not what is being looked at. */
  traceLink: boolean;
};

function Detail(props: DetailProps) {
  const t = useLogWords();
  const { log } = props;
  return (
    <section className={classes.detail} aria-label={t("details")}>
      {props.traceLink && log.trace_id && (
        <div className={classes.head}>
          <Link
            to="/traces/$traceId"
            params={{ traceId: log.trace_id }}
            search={log.span_id ? { span: log.span_id } : {}}
          >
            <ListTree size={13} aria-hidden /> {t("openTrace")}
          </Link>
          <Link to="/logs" search={{ filter: `trace_id:${log.trace_id}` }}>
            <ScrollText size={13} aria-hidden /> {t("traceLogs")}
          </Link>
        </div>
      )}
      <TextBox text={bodyText(log)} label={t("copyBody")} marks={props.marks} />
      <TextBox text={stackTrace(log)} label={t("copyStack")} marks={props.marks} />
      {logGroups(log).map(({ group, rows }) => (
        <table key={group} className={classes.table}>
          <caption>
            {t(GROUP_WORDS[group])}
            {group === "record" && (
              <span className={classes.copyRecord}>
                <CopyButton label={t("copyRecord")} value={() => JSON.stringify(log, null, 2)} />
              </span>
            )}
          </caption>
          <tbody>
            {rows.map((row) => (
              <LogFieldRow key={row.key} row={row} onFilter={props.onFilter} />
            ))}
          </tbody>
        </table>
      ))}
    </section>
  );
}

/** A structured line shows its message here: its fields have rows of their own. */
function bodyText(log: Log): string {
  const { body } = log;
  if (Object.keys(log.fields).length > 0 && log.message !== null) return log.message;
  if (body === null) return "";
  return typeof body === "string" ? body : JSON.stringify(body, null, 2);
}

function TextBox(props: { text: string; label: string; marks: readonly string[] }) {
  const t = useLogWords();
  const language = useLanguage();
  const [isWhole, setWhole] = useState(false);
  const { text } = props;
  if (text === "") return null;
  const hidden = isWhole ? 0 : Math.max(0, text.length - SHOWN_CHARS);
  return (
    <div className={classes.body}>
      <pre className={classes.text}>
        <MarkedWords text={hidden > 0 ? text.slice(0, SHOWN_CHARS) : text} words={props.marks} />
      </pre>
      {hidden > 0 && (
        <button type="button" className={classes.more} onClick={() => setWhole(true)}>
          {t("showAll", { count: formatCount(hidden, language) })}
        </button>
      )}
      <span className={classes.copyBody}>
        <CopyButton label={props.label} value={text} />
      </span>
    </div>
  );
}
