import { Link } from "@tanstack/react-router";
import type { Selection } from "../../../api/queries";
import { formatDateTime } from "../../../base/time";
import { quoteValue } from "../../../model/filterText";
import { joinedFilter } from "../indicatorText";
import classes from "../overview.module.css";
import { useOverviewStrings } from "../strings";
import type { Release } from "../useReleases";

const SHOWN_MAX = 8;

/** Which releases began in the time that is looked at, newest first. */
export function ReleasesSection(props: { selection: Selection; releases: readonly Release[] }) {
  const t = useOverviewStrings();
  const { selection, releases } = props;
  return (
    <section className={classes.section} aria-labelledby="overview-releases">
      <header className={classes.head}>
        <h2 id="overview-releases">{t("releases")}</h2>
      </header>
      <div className={classes.releases}>
        {releases.length === 0 && <span className="muted">{t("noReleases")}</span>}
        {releases.slice(0, SHOWN_MAX).map((release) => (
          <Link
            key={release.name}
            to="/traces"
            search={{
              from: selection.from,
              to: selection.to,
              filter: joinedFilter(selection.filter, `release:${quoteValue(release.name)}`),
            }}
          >
            {t("releaseBegan", {
              release: release.name,
              time: formatDateTime(release.beganMs).slice(5, 16),
            })}
          </Link>
        ))}
      </div>
    </section>
  );
}
