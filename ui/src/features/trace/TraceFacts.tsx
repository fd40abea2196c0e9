import { Link } from "@tanstack/react-router";
import { MessagesSquare, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import type { Trace } from "../../api/types";
import { formatCount, formatDuration } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatAgo, formatDateTime } from "../../base/time";
import { filterTerm } from "../../model/traceFilter";
import { Cost } from "../../widgets/Cost";
import { useTraceStrings } from "./strings";
import classes from "./TracePage.module.css";

/** When, how long, how much, and who: values that a filter knows lead to the traces that share them. */
export function TraceFacts(props: { trace: Trace }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const { trace } = props;
  const shared = [
    ["service", "service", trace.service],
    ["environment", "environment", trace.environment],
    ["release", "release", trace.release],
    ["user", "user_id", trace.user_id],
    ["session", "session_id", trace.session_id],
    ["feature", "feature", trace.feature],
    ["team", "team", trace.team],
  ] as const;
  return (
    <dl className={classes.facts}>
      <Fact label={t("start")}>
        <time dateTime={trace.start_time} title={trace.start_time}>
          {formatDateTime(trace.start_time)}
        </time>{" "}
        <span className="muted">{formatAgo(trace.start_time, Date.now(), language)}</span>
      </Fact>
      <Fact label={t("duration")}>{formatDuration(trace.duration_ms)}</Fact>
      <Fact label={t("tokens")}>
        <span
          title={`${t("tokensIn")} ${trace.input_tokens ?? "–"} · ${t("tokensOut")} ${trace.output_tokens ?? "–"}`}
        >
          {formatCount(trace.total_tokens, language)}
        </span>
      </Fact>
      <Fact label={t("cost")}>
        {(trace.cost_usd !== null || trace.unpriced_count === 0) && <Cost usd={trace.cost_usd} />}
        {trace.unpriced_count > 0 && (
          <span
            className={classes.unpriced}
            title={t("unpricedHelp", { count: formatCount(trace.unpriced_count, language) })}
          >
            {t("unpricedCount", { count: formatCount(trace.unpriced_count, language) })}
          </span>
        )}
      </Fact>
      {shared.map(([word, field, value]) =>
        value ? (
          <Fact key={field} label={t(word)}>
            <FilterLink field={field} value={value} />
            {field === "session_id" && (
              <Link
                to="/sessions/$sessionId"
                params={{ sessionId: value }}
                search={{}}
                {...named(t("readSession"))}
              >
                <MessagesSquare size={12} aria-hidden />
              </Link>
            )}
            {field === "user_id" && (
              <Link to="/users/$userId" params={{ userId: value }} search={{}} {...named(t("openUser"))}>
                <UserRound size={12} aria-hidden />
              </Link>
            )}
          </Fact>
        ) : null,
      )}
      {trace.tags.length > 0 && (
        <Fact label={t("tags")}>
          {trace.tags.map((tag) => (
            <span key={tag} className={classes.tag}>
              <FilterLink field="tags" value={tag} />
            </span>
          ))}
        </Fact>
      )}
    </dl>
  );
}

function named(label: string) {
  return { title: label, "aria-label": label, className: classes.factIcon };
}

function Fact(props: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function FilterLink(props: { field: string; value: string }) {
  const t = useTraceStrings();
  return (
    <Link
      to="/traces"
      search={{ filter: filterTerm(props.field, props.value) }}
      title={`${props.value}\n${t("filterBy")}`}
      className={classes.factLink}
    >
      {props.value}
    </Link>
  );
}
