import { Link } from "@tanstack/react-router";
import type { Selection } from "../../../api/queries";
import type { Release } from "../../../api/signals";
import { formatPercent } from "../../../base/format";
import { formatDateTime } from "../../../base/time";
import { quoteValue } from "../../../model/filterText";
import { ReleasesSwitch } from "../../../widgets/releases/ReleasesSwitch";
import { joinedFilter } from "../indicatorText";
import classes from "../overview.module.css";
import { useSignalStrings } from "./signalStrings";

const SHOWN_MAX = 12;
/** A larger rise of the share of failures is drawn as bad. */
const RISE = 0.01;

/** Which releases began in the time that is looked at, newest first, and whether more fails than before. */
export function ReleasesSection(props: { selection: Selection; began: readonly Release[] | undefined }) {
  const t = useSignalStrings();
  return (
    <section className={classes.section} aria-labelledby="overview-releases">
      <header className={classes.head}>
        <h2 id="overview-releases">{t("releases")}</h2>
        <span className={classes.end}>
          <ReleasesSwitch />
        </span>
      </header>
      <ul className={classes.releases}>
        {props.began?.length === 0 && <li className="muted">{t("noReleases")}</li>}
        {props.began?.slice(0, SHOWN_MAX).map((release) => (
          <ReleaseLine
            key={`${release.release}\n${release.service}\n${release.environment}`}
            release={release}
            selection={props.selection}
          />
        ))}
      </ul>
    </section>
  );
}

function ReleaseLine(props: { release: Release; selection: Selection }) {
  const t = useSignalStrings();
  const { release, selection } = props;
  const { error_rate: rate, error_rate_before: before } = release;
  const filter = `release:${quoteValue(release.release)} service:${quoteValue(release.service)}`;
  const trend = rate !== null && before !== null && rate - before > RISE ? "worse" : undefined;
  return (
    <li>
      <Link
        to="/traces"
        search={{
          from: selection.from,
          to: selection.to,
          filter: joinedFilter(selection.filter, filter),
        }}
      >
        {release.release}
      </Link>{" "}
      <span className="muted">
        {[release.service, release.environment].filter((word) => word !== "").join(" · ")} ·{" "}
        {t("since", { time: formatDateTime(release.first_seen).slice(5, 16) })}
      </span>{" "}
      {rate !== null && (
        <span className={classes.trend} data-trend={trend}>
          {before === null
            ? t("failingNow", { now: formatPercent(rate) })
            : t("failing", { now: formatPercent(rate), before: formatPercent(before) })}
        </span>
      )}
    </li>
  );
}
