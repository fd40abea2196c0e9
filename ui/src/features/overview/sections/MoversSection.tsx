import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type MovedMeasure, type Mover, moversQuery } from "../../../api/signals";
import { Stale } from "../../../widgets/cards/Stale";
import type { ScopeState } from "../../../widgets/scope/useScopeState";
import { formatRatio, joinedFilter } from "../indicatorText";
import classes from "../overview.module.css";
import { formatContribution, formatMeasure, groupText, split, tendency } from "./moverText";
import { type SignalWords, useSignalStrings } from "./signalStrings";
import signals from "./signals.module.css";

/** What changed most since the time compared with, and whose calls explain it. */
export function MoversSection(props: { scope: ScopeState }) {
  const t = useSignalStrings();
  const { scope } = props;
  const { data, error } = useQuery(moversQuery(scope.selection, scope.comparison));
  const isCompared = scope.comparison !== "off";
  const { moved, steady } = split(isCompared ? (data?.measures ?? []) : []);
  return (
    <section className={classes.section} aria-labelledby="overview-movers">
      <header className={classes.head}>
        <h2 id="overview-movers">{t("movers")}</h2>
        <span className={`${classes.end} muted`}>{t("moversHint")}</span>
      </header>
      {isCompared && <Stale error={error} />}
      {!isCompared && <span className="muted">{t("nothingCompared")}</span>}
      {isCompared && data === undefined && !error && <Skeleton height={90} radius="sm" />}
      {data !== undefined && isCompared && moved.length === 0 && (
        <span className="muted">{t("nothingMoved")}</span>
      )}
      <ul className={classes.list}>
        {moved.map((measure) => (
          <MeasureLine key={measure.name} measure={measure} scope={scope} />
        ))}
      </ul>
      {moved.length > 0 && steady.length > 0 && (
        <p className={`muted ${signals.steady}`}>
          {t("steady", { names: steady.map((measure) => measureName(measure, t)).join(", ") })}
        </p>
      )}
    </section>
  );
}

function measureName(measure: MovedMeasure, t: SignalWords): string {
  switch (measure.name) {
    case "calls":
      return t("callCount");
    case "errors":
      return t("errorRate");
    case "quality":
      return measure.score === null ? t("quality") : t("qualityOf", { score: measure.score });
    default:
      return t(measure.name);
  }
}

function MeasureLine(props: { measure: MovedMeasure; scope: ScopeState }) {
  const t = useSignalStrings();
  const { measure } = props;
  const change = (measure.now ?? 0) - (measure.before ?? 0);
  return (
    <li className={signals.measure}>
      <div className={signals.whole}>
        <b>{measureName(measure, t)}</b>
        <span className={classes.trend} data-trend={tendency(measure.name, change)}>
          {measure.change_ratio === null ? "" : formatRatio(measure.change_ratio)}
        </span>
        <span className="muted">
          {t("fromTo", {
            before: formatMeasure(measure.name, measure.before),
            now: formatMeasure(measure.name, measure.now),
          })}
        </span>
      </div>
      <ul className={signals.movers}>
        {measure.movers.map((mover) => (
          <MoverLine
            key={`${mover.dimension} ${mover.value}`}
            measure={measure}
            mover={mover}
            scope={props.scope}
          />
        ))}
      </ul>
    </li>
  );
}

function MoverLine(props: { measure: MovedMeasure; mover: Mover; scope: ScopeState }) {
  const t = useSignalStrings();
  const { measure, mover, scope } = props;
  const group = groupText(mover);
  const filter = joinedFilter(scope.selection.filter, mover.filter);
  const contribution = formatContribution(measure.name, mover.contribution);
  return (
    <li>
      <span className={signals.group}>
        <span className="muted">{mover.dimension}</span> {mover.value}
      </span>
      <span className={classes.trend} data-trend={tendency(measure.name, mover.contribution)}>
        {measure.name === "latency" ? t("slowShare", { points: contribution }) : contribution}
      </span>
      <span className="muted">
        <Link
          to="/traces"
          search={{ ...(scope.compare ?? {}), filter }}
          aria-label={t("seeBefore", { group })}
          title={t("seeBefore", { group })}
        >
          {formatMeasure(measure.name, mover.before)}
        </Link>
        {" → "}
        <Link
          to="/traces"
          search={{ from: scope.selection.from, to: scope.selection.to, filter }}
          aria-label={t("seeNow", { group })}
          title={t("seeNow", { group })}
        >
          {formatMeasure(measure.name, mover.now)}
        </Link>
      </span>
    </li>
  );
}
