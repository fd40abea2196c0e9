import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ScoreName } from "../../../api/scores";
import { formatCompact, formatCount, formatPercent } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatAgo, formatDateTime } from "../../../base/time";
import { EstimateText } from "../parts/EstimateText";
import classes from "../parts/scores.module.css";
import type { ScoresSearch } from "../search";
import { useScoresStrings } from "../strings";
import { Sparkline } from "./Sparkline";

/** A score by name and type. */
export function ScoreRow(props: {
  name: ScoreName;
  range: { from: number; to: number };
  search: ScoresSearch;
}) {
  const t = useScoresStrings();
  const language = useLanguage();
  const { name, range, search } = props;
  const isShare = name.data_type === "boolean";
  const population = name.population.value;
  return (
    <tr>
      <td>
        <Link
          to="/scores/name/$name"
          params={{ name: name.name }}
          search={{ ...search, type: name.data_type }}
          className={classes.name}
        >
          {name.name}
        </Link>{" "}
        <span className={classes.small}>{t(name.data_type)}</span>
      </td>
      <td>
        <EstimateText estimate={name.mean} isShare={isShare} />
      </td>
      <td>
        <EstimateText estimate={name.quality} />
      </td>
      <td>
        <Sparkline
          buckets={name.trend}
          of={(bucket) => (name.mean.value === null ? bucket.quality : bucket.mean)}
          range={range}
          label={t("trendOf", { name: name.name })}
        />
      </td>
      <td className={classes.number}>{formatCount(name.count, language)}</td>
      <td>
        <Tooltip
          disabled={population === null}
          label={t("population", {
            count: formatCompact(population === null ? null : Math.round(population)),
            judged: formatCount(name.units, language),
          })}
        >
          <span>{formatPercent(name.sampled_share)}</span>
        </Tooltip>
      </td>
      <td>{name.sources.map((source) => t(source)).join(", ")}</td>
      <td title={formatDateTime(name.last_at)}>{formatAgo(name.last_at, Date.now(), language)}</td>
    </tr>
  );
}
