import { ActionIcon, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { Fragment, useState } from "react";
import { type ErrorType, errorTypesQuery } from "../../../api/signals";
import { formatCount, formatPercent } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { quoteValue } from "../../../model/filterText";
import { Stale } from "../../../widgets/cards/Stale";
import type { ScopeState } from "../../../widgets/scope/useScopeState";
import { formatRatio, joinedFilter } from "../indicatorText";
import classes from "../overview.module.css";
import { type SignalWords, useSignalStrings } from "./signalStrings";
import signals from "./signals.module.css";

const SHOWN_MAX = 10;

/** What fails, the most frequent type first; each opens to its models and services. */
export function ErrorsSection(props: { scope: ScopeState }) {
  const t = useSignalStrings();
  const language = useLanguage();
  const { selection, comparison } = props.scope;
  const { data, error } = useQuery(errorTypesQuery(selection, comparison));
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <section className={classes.section} aria-labelledby="overview-errors">
      <header className={classes.head}>
        <h2 id="overview-errors">{t("errors")}</h2>
        {data !== undefined && data.trace_count > 0 && (
          <span className={`${classes.end} muted`}>
            {t("errorsOf", { count: formatCount(data.trace_count, language) })}
          </span>
        )}
      </header>
      <Stale error={error} />
      {data === undefined && !error && <Skeleton height={90} radius="sm" />}
      {data?.items.length === 0 && <span className="muted">{t("noErrors")}</span>}
      {data !== undefined && data.items.length > 0 && (
        <div className={signals.scroll}>
          <table className={signals.table}>
            <thead>
              <tr>
                <th>{t("type")}</th>
                <th>{t("requests")}</th>
                <th>{t("share")}</th>
                <th>{t("change")}</th>
                <th>{t("newest")}</th>
              </tr>
            </thead>
            <tbody>
              {data.items.slice(0, SHOWN_MAX).map((item) => (
                <Fragment key={item.error_type}>
                  <ErrorRow
                    item={item}
                    scope={props.scope}
                    isOpen={opened === item.error_type}
                    onToggle={() => setOpened(opened === item.error_type ? null : item.error_type)}
                  />
                  {opened === item.error_type && (
                    <tr>
                      <td colSpan={5}>
                        <Places item={item} scope={props.scope} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {data !== undefined && data.items.length > SHOWN_MAX && <p className="muted">{t("cut")}</p>}
    </section>
  );
}

function typeFilter(item: ErrorType): string {
  return item.error_type === ""
    ? "span.status:error error_type:null"
    : `error_type:${quoteValue(item.error_type)}`;
}

function ErrorRow(props: { item: ErrorType; scope: ScopeState; isOpen: boolean; onToggle: () => void }) {
  const t = useSignalStrings();
  const language = useLanguage();
  const { item, scope, isOpen } = props;
  const { from, to, filter } = scope.selection;
  const name = item.error_type || t("unknownType");
  return (
    <tr>
      <td className={signals.name}>
        <ActionIcon
          size="xs"
          variant="subtle"
          color="gray"
          aria-label={t("expand", { type: name })}
          aria-expanded={isOpen}
          onClick={props.onToggle}
        >
          {isOpen ? <ChevronDown size={13} /> : <ChevronRight size={13} />}
        </ActionIcon>
        <Link to="/traces" search={{ from, to, filter: joinedFilter(filter, typeFilter(item)) }}>
          {name}
        </Link>
      </td>
      <td className={signals.number} title={t("spansOf", { count: formatCount(item.span_count, language) })}>
        {formatCount(item.trace_count, language)}
      </td>
      <td className={signals.number}>{formatPercent(item.share)}</td>
      <td className={signals.number} data-change={changeOf(item)}>
        {changeText(item, t)}
      </td>
      <td className={signals.message}>
        {item.newest !== null && (
          <Link
            to="/traces/$traceId"
            params={{ traceId: item.newest.trace_id }}
            search={{ span: item.newest.span_id }}
            title={item.newest.message}
          >
            {item.newest.message || t("noMessage")}
          </Link>
        )}
      </td>
    </tr>
  );
}

function changeOf(item: ErrorType): "worse" | "better" | undefined {
  if (item.trace_count_before === null || item.trace_count === item.trace_count_before) return undefined;
  return item.trace_count > item.trace_count_before ? "worse" : "better";
}

function changeText(item: ErrorType, t: SignalWords): string {
  const before = item.trace_count_before;
  if (before === null) return "";
  if (before === 0) return t("isNew");
  if (item.trace_count === 0) return t("gone");
  return formatRatio((item.trace_count - before) / before);
}

function Places(props: { item: ErrorType; scope: ScopeState }) {
  const t = useSignalStrings();
  const { item, scope } = props;
  return (
    <div className={signals.places}>
      {(["models", "services"] as const).map((which) => (
        <div key={which}>
          <b>{t(which === "models" ? "byModel" : "byService")}</b>
          <ul>
            {item[which].map((place) => (
              <PlaceLine
                key={place.name}
                place={place}
                scope={scope}
                filter={`${typeFilter(item)} ${which === "models" ? "model" : "span.service"}:${quoteValue(place.name)}`}
              />
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

function PlaceLine(props: { place: { name: string; count: number }; scope: ScopeState; filter: string }) {
  const language = useLanguage();
  const { from, to, filter } = props.scope.selection;
  return (
    <li>
      <Link to="/traces" search={{ from, to, filter: joinedFilter(filter, props.filter) }}>
        {props.place.name}
      </Link>{" "}
      <span className="muted">{formatCount(props.place.count, language)}</span>
    </li>
  );
}
