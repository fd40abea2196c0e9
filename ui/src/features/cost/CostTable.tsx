import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, Filter } from "lucide-react";
import { type CostBreakdown, type CostDimension, type CostGroup, costFile } from "../../api/cost";
import type { Selection } from "../../api/queries";
import { formatCompact, formatCost, formatCount, formatPercent } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import type { TimeRange } from "../../base/time";
import { Cost } from "../../widgets/Cost";
import { Problem } from "../../widgets/cards/Problem";
import { ChangeText } from "./ChangeText";
import classes from "./cost.module.css";
import { downloadFile } from "./download";
import { useCostStrings } from "./strings";

type TableProps = {
  costs: CostBreakdown;
  selection: Selection;
  compare: TimeRange | null;
  by: CostDimension;
  onNarrow: (filter: string) => void;
};

/** The groups with what they cost; every row leads to its traces. */
export function CostTable(props: TableProps) {
  const t = useCostStrings();
  const language = useLanguage();
  const { costs, selection, compare, by } = props;
  const file = useMutation({
    mutationFn: () => {
      const { path, query } = costFile({ selection, compare, by });
      return downloadFile(path, query);
    },
  });
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>{t(`by_${by}`)}</h2>
        {costs.is_cut && (
          <span className={classes.small}>
            {t("cut", {
              shown: formatCount(costs.groups.length, language),
              count: formatCount(costs.group_count, language),
            })}
          </span>
        )}
        <span className={classes.end}>
          <Button
            size="compact-xs"
            leftSection={<Download size={13} />}
            loading={file.isPending}
            onClick={() => file.mutate()}
          >
            {t("csv")}
          </Button>
        </span>
      </div>
      <Problem error={file.error} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard too */}
      <div className={classes.scroller} tabIndex={0} role="region" aria-label={t(`by_${by}`)}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t(`by_${by}`)}</th>
              <th scope="col">{t("cost")}</th>
              <th scope="col">{t("share")}</th>
              {compare && <th scope="col">{t("change")}</th>}
              <th scope="col">{t("requests")}</th>
              <th scope="col">{t("calls")}</th>
              <th scope="col">{t("per1000")}</th>
              <th scope="col">{t("tokens")}</th>
              <th scope="col">{t("saved")}</th>
              <th scope="col">{t("unpriced")}</th>
              <th scope="col">
                <span className="sr-only">{t("narrow")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {costs.groups.map((group) => (
              <Row key={group.filter} {...props} group={group} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row(props: TableProps & { group: CostGroup }) {
  const t = useCostStrings();
  const language = useLanguage();
  const { group, selection, compare } = props;
  const filter = joined(selection.filter, group.filter);
  const { from, to } = selection;
  return (
    <tr>
      <td title={group.name}>
        <Link to="/traces" search={{ from, to, filter, order: "-cost" }}>
          {group.name || t("none")}
        </Link>
      </td>
      <td>
        <Cost usd={group.cost_usd} unpricedCount={group.unpriced_count} />
      </td>
      <td>{formatPercent(group.share)}</td>
      {compare && (
        <td>
          <ChangeText now={group.cost_usd ?? 0} before={group.previous?.cost_usd ?? 0} />
        </td>
      )}
      <td>{formatCount(group.trace_count, language)}</td>
      <td>{formatCount(group.call_count, language)}</td>
      <td>
        <Cost usd={group.cost_per_1000_traces_usd} unpricedCount={group.unpriced_count} />
      </td>
      <td title={formatCount(group.total_tokens, language)}>{formatCompact(group.total_tokens)}</td>
      <td>{group.cache.saved_usd === 0 ? "–" : formatCost(group.cache.saved_usd)}</td>
      <td className={group.unpriced_count > 0 ? classes.warn : undefined}>
        {group.unpriced_count === 0 ? "–" : formatPercent(group.unpriced_share)}
      </td>
      <td>
        <Tooltip label={t("narrow")}>
          <ActionIcon
            size="xs"
            aria-label={`${t("narrow")}: ${group.name || t("none")}`}
            onClick={() => props.onNarrow(filter)}
          >
            <Filter size={12} />
          </ActionIcon>
        </Tooltip>
      </td>
    </tr>
  );
}

/** Both hold; an `or` in the reader's filter stays together. */
export function joined(filter: string, more: string): string {
  const own = filter.trim();
  if (own === "" || own === more) return more;
  return / or /i.test(own) ? `(${own}) ${more}` : `${own} ${more}`;
}
