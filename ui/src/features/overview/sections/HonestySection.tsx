import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Honesty, type HonestyCount, honestyQuery } from "../../../api/signals";
import { formatCount, formatPercent, formatSpan } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatAgo } from "../../../base/time";
import { Stale } from "../../../widgets/cards/Stale";
import type { ScopeState } from "../../../widgets/scope/useScopeState";
import { joinedFilter } from "../indicatorText";
import classes from "../overview.module.css";
import { type SignalWords, useSignalStrings } from "./signalStrings";
import signals from "./signals.module.css";

/** What the other numbers do not know: how much, what it means, and what to do. */
export function HonestySection(props: { scope: ScopeState }) {
  const t = useSignalStrings();
  const { data, error, dataUpdatedAt } = useQuery(honestyQuery(props.scope.selection));
  const present = data?.items.filter((item) => item.count > 0) ?? [];
  const absent = data?.items.filter((item) => item.count === 0) ?? [];
  return (
    <section className={classes.section} aria-labelledby="overview-honesty">
      <header className={classes.head}>
        <h2 id="overview-honesty">{t("honesty")}</h2>
        <span className={`${classes.end} muted`}>{t("honestyHint")}</span>
      </header>
      <Stale error={error} />
      {data === undefined && !error && <Skeleton height={90} radius="sm" />}
      {data !== undefined && (
        <>
          <ul className={signals.honesty}>
            {data.evaluators.map((evaluator) => (
              <EvaluatorLine key={evaluator.id} evaluator={evaluator} />
            ))}
            {present.map((item) => (
              <HonestyLine key={item.name} item={item} data={data} scope={props.scope} now={dataUpdatedAt} />
            ))}
          </ul>
          {present.length === 0 && data.evaluators.length === 0 ? (
            <span className="muted">{t("allWell")}</span>
          ) : (
            <p className={`muted ${signals.steady}`}>
              {t("quiet", { names: absent.map((item) => t(item.name)).join(", ") })}
            </p>
          )}
        </>
      )}
    </section>
  );
}

function HonestyLine(props: { item: HonestyCount; data: Honesty; scope: ScopeState; now: number }) {
  const t = useSignalStrings();
  const language = useLanguage();
  const { item, data, scope } = props;
  const { from, to, filter } = scope.selection;
  const share = item.of ? formatPercent(item.count / item.of) : null;
  return (
    <li>
      <div className={signals.figure}>
        <b>{formatCount(item.count, language)}</b>
        {share !== null && <span className="muted">{share}</span>}
      </div>
      <div>
        <div>
          {item.filter === "" ? (
            <b>{t(item.name)}</b>
          ) : (
            <Link to="/traces" search={{ from, to, filter: joinedFilter(filter, item.filter) }}>
              {t(item.name)}
            </Link>
          )}{" "}
          <span className="muted">{wholeText(item, t, formatCount(item.of, language))}</span>
        </div>
        <div className={signals.why}>
          {t(`${item.name}Why`)}
          {item.name === "unpriced" && (
            <>
              {" "}
              <Link to="/cost/prices">{t("priceBook")}</Link>
            </>
          )}
        </div>
        {item.scope === "server" && (
          <div className={`${signals.why} muted`}>
            {t("onServer", { ago: formatAgo(data.started_at, props.now, language) })}
          </div>
        )}
      </div>
    </li>
  );
}

function wholeText(item: HonestyCount, t: SignalWords, of: string): string {
  switch (item.of_what) {
    case "spans":
      return t("ofSpans", { of });
    case "calls":
      return t("ofCalls", { of });
    case "traces":
      return t("ofTraces", { of });
    case "requests":
      return t("ofRequests", { of });
    case "records":
      return t("ofRecords", { of });
    case "":
      return "";
  }
}

function EvaluatorLine(props: { evaluator: Honesty["evaluators"][number] }) {
  const t = useSignalStrings();
  const language = useLanguage();
  const { evaluator } = props;
  const { failed_count: failed, lag_s: lag } = evaluator;
  return (
    <li>
      <div className={signals.figure}>
        <b>{failed > 0 ? formatCount(failed, language) : "!"}</b>
      </div>
      <div>
        <Link to="/evaluators/$evaluatorId" params={{ evaluatorId: evaluator.id }}>
          {t("evaluator", { name: evaluator.name })}
        </Link>
        <div className={signals.why}>
          {[
            failed > 0 ? t("evaluatorFailed", { count: formatCount(failed, language) }) : "",
            lag !== null && lag > 300 ? t("evaluatorLag", { lag: formatSpan(lag * 1000) }) : "",
            evaluator.reason,
          ]
            .filter((text) => text !== "")
            .join(" · ")}
        </div>
      </div>
    </li>
  );
}
