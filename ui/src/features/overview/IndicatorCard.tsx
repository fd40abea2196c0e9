import { Link } from "@tanstack/react-router";
import { BellRing, CircleAlert, CircleCheck, CircleHelp, TriangleAlert } from "lucide-react";
import type { Indicator, IndicatorState, Overview } from "../../api/overview";
import { Sparkline } from "../../charts/Sparkline";
import {
  detailTexts,
  formatChange,
  formatIndicator,
  formatRatio,
  joinedFilter,
  limitText,
  reasonText,
} from "./indicatorText";
import classes from "./overview.module.css";
import { type OverviewWords, useOverviewStrings } from "./strings";

const ICONS = {
  good: CircleCheck,
  warning: TriangleAlert,
  bad: CircleAlert,
  not_enough_data: CircleHelp,
};

/** One number of the six: how it stands, how it moved, from where on it is bad, and who watches it. */
export function IndicatorCard(props: {
  indicator: Indicator;
  overview: Overview;
  /** What the reader filters by. */
  filter: string;
}) {
  const t = useOverviewStrings();
  const { indicator, overview } = props;
  const title = titleOf(indicator, t);
  const search = {
    from: overview.from,
    to: overview.to,
    filter: joinedFilter(props.filter, indicator.filter),
    order: indicator.order,
  };
  const reason = reasonText(indicator, t);
  return (
    <article className={classes.card} data-state={indicator.state}>
      <header className={classes.cardHead}>
        <h3>
          <Link
            to="/traces"
            search={search}
            className={classes.cover}
            title={t("seeTraces", { name: title })}
          >
            {title}
          </Link>
        </h3>
        <StateBadge state={indicator.state} />
      </header>
      <div className={classes.figures}>
        <b className={classes.value}>
          {formatIndicator(indicator.name, indicator.value)}
          {indicator.name === "quality" && indicator.value !== null && <small> / 5</small>}
        </b>
        <TrendText indicator={indicator} />
      </div>
      <Sparkline values={indicator.series} height={34} label={title} />
      {reason !== null && <p className={classes.reason}>{reason}</p>}
      <p className={classes.details}>
        {detailTexts(indicator, overview, t).map((text) => (
          <span key={text}>{text}</span>
        ))}
        <span>{t("threshold", { limit: limitText(indicator, t) })}</span>
      </p>
      <Owners indicator={indicator} />
    </article>
  );
}

function titleOf(indicator: Indicator, t: OverviewWords): string {
  if (indicator.name === "quality" && indicator.score !== null && indicator.score !== "quality")
    return t("qualityOf", { score: indicator.score });
  const isPrompt = indicator.thresholds[0]?.name === "prompt_cache_ratio";
  return t(isPrompt ? "promptCache" : indicator.name);
}

function StateBadge(props: { state: IndicatorState }) {
  const t = useOverviewStrings();
  const Icon = ICONS[props.state];
  return (
    <span className={classes.state} data-state={props.state}>
      <Icon size={14} aria-hidden />
      {t(props.state)}
    </span>
  );
}

function TrendText(props: { indicator: Indicator }) {
  const t = useOverviewStrings();
  const { name, change, change_ratio, trend } = props.indicator;
  if (change === null || trend === null) return <span className="muted">{t("noTrend")}</span>;
  return (
    <span className={classes.trend} data-trend={trend} title={t(trend)}>
      {t("changed", { change: formatChange(name, change), ratio: formatRatio(change_ratio) })}
      <span className="sr-only">{t(trend)}</span>
    </span>
  );
}

function Owners(props: { indicator: Indicator }) {
  const t = useOverviewStrings();
  const { rules } = props.indicator;
  if (rules.length === 0) return <p className={classes.owner}>{t("unwatched")}</p>;
  return (
    <p className={classes.owner}>
      {rules.map((rule) => (
        <Link
          key={rule.name}
          to="/alerts/rules"
          search={{ text: rule.name }}
          data-state={rule.state}
          {...(rule.source === "default" ? {} : { title: t("ownNumber") })}
        >
          {rule.state === "firing" && <BellRing size={12} aria-hidden />}
          {rule.state === "firing"
            ? t("firing", { rule: rule.name, count: rule.firing_count })
            : t(rule.state === "pending" ? "pending" : "watched", { rule: rule.name })}
          {rule.source !== "default" && " *"}
        </Link>
      ))}
    </p>
  );
}
