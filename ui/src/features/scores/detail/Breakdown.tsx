import { Select, UnstyledButton } from "@mantine/core";
import type { GroupStatistics, ScoreStatistics } from "../../../api/scores";
import { formatCount, formatPercent } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { spanOf } from "../../../model/estimates";
import { toggleValue } from "../../../model/filterText";
import { ChangeText } from "../parts/ChangeText";
import { EstimateText } from "../parts/EstimateText";
import { IntervalBar } from "../parts/IntervalBar";
import classes from "../parts/scores.module.css";
import { GROUPS, type Group } from "../search";
import { useScoresStrings } from "../strings";

/** Groups that the filter language knows by a field of the same meaning. */
const FIELDS: Partial<Record<Group, string>> = {
  feature: "feature",
  model: "model",
  prompt: "prompt",
  release: "release",
  team: "team",
  service: "service",
  environment: "environment",
  provider: "provider",
  trace_name: "name",
};

/** The score of each feature, model, prompt ... beside the others. */
export function Breakdown(props: {
  statistics: ScoreStatistics;
  by: Group;
  filter: string;
  onBy: (by: Group) => void;
  onFilter: (filter: string) => void;
}) {
  const t = useScoresStrings();
  const { statistics, by } = props;
  const { groups } = statistics;
  const isCategorical = statistics.data_type === "categorical";
  const estimateOf = (group: GroupStatistics) =>
    isCategorical ? (group.shares[0]?.share ?? group.mean) : group.mean;
  const changeOf = (group: GroupStatistics) =>
    isCategorical ? group.change?.shares[0]?.share : group.change?.mean;
  const isShare = statistics.data_type !== "numeric";
  const span = spanOf(groups.map(estimateOf));
  const field = FIELDS[by];
  const language = useLanguage();
  return (
    <section className={classes.panel}>
      <div className={classes.head}>
        <h2>{t("breakdown")}</h2>
        <Select
          w={170}
          aria-label={t("by")}
          allowDeselect={false}
          value={by}
          onChange={(group) => props.onBy(group as Group)}
          data={GROUPS.map((group) => ({ value: group, label: t(group) }))}
        />
        {statistics.is_cut && <small className="muted">{t("cut")}</small>}
      </div>
      <div className={classes.scroll}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th>{t(by)}</th>
              <th>
                {isCategorical
                  ? (groups[0]?.shares[0]?.category ?? t("shares"))
                  : t(isShare ? "share" : "mean")}
              </th>
              <th />
              <th>{t("change")}</th>
              {!isCategorical && <th>{t("quality")}</th>}
              <th className={classes.number}>{t("count")}</th>
              <th className={classes.number}>{t("judged")}</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => {
              const change = changeOf(group);
              return (
                <tr key={`${group.group} ${group.version}`}>
                  <td className={classes.name}>
                    <GroupName
                      group={group}
                      onOnly={
                        field === undefined || group.group === ""
                          ? undefined
                          : () => props.onFilter(toggleValue(props.filter, field, group.group, "include"))
                      }
                    />
                  </td>
                  <td>
                    <EstimateText estimate={estimateOf(group)} isShare={isShare} />
                  </td>
                  <td>
                    <IntervalBar estimate={estimateOf(group)} span={span} />
                  </td>
                  <td>{change ? <ChangeText change={change} isShare={isShare} /> : null}</td>
                  {!isCategorical && (
                    <td>
                      <EstimateText estimate={group.quality} />
                    </td>
                  )}
                  <td className={classes.number}>{formatCount(group.count, language)}</td>
                  <td className={classes.number}>{formatPercent(group.sampled_share)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function GroupName(props: { group: GroupStatistics; onOnly: (() => void) | undefined }) {
  const t = useScoresStrings();
  const { group, version } = props.group;
  const name = group === "" ? <span className="muted">{t("unknown")}</span> : group;
  return (
    <>
      {props.onOnly ? (
        <UnstyledButton fz="inherit" fw="inherit" title={t("filterBy", { group })} onClick={props.onOnly}>
          {name}
        </UnstyledButton>
      ) : (
        name
      )}
      {version && <span className={classes.small}> {t("version", { version })}</span>}
    </>
  );
}
