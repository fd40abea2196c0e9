import { Button } from "@mantine/core";
import { Download } from "lucide-react";
import type { CostSums } from "../../api/cost";
import { formatCompact, formatCost, formatCount, formatPercent } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import classes from "./cost.module.css";
import { saveCsv } from "./csv";
import { useCostStrings } from "./strings";

/** What each kind of token came to. They do not overlap. */
export function TokenClasses(props: { total: CostSums }) {
  const t = useCostStrings();
  const language = useLanguage();
  const { total } = props;
  const words: Record<string, string> = {
    input: t("class_input"),
    cache_read: t("class_cache_read"),
    cache_write: t("class_cache_write"),
    output: t("class_output"),
    reasoning: t("class_reasoning"),
    request: t("class_request"),
    reported: t("class_reported"),
  };
  const save = () =>
    saveCsv(
      "cost-by-token-class",
      ["class", "tokens", "cost_usd", "unpriced_share"],
      total.classes.map((each) => [each.name, each.tokens, each.cost_usd, total.unpriced_share]),
    );
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>{t("classes")}</h2>
        <span className={classes.end}>
          <Button size="compact-xs" leftSection={<Download size={13} />} onClick={save}>
            {t("csv")}
          </Button>
        </span>
      </div>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t("classes")}</th>
            <th scope="col">{t("tokens")}</th>
            <th scope="col">{t("cost")}</th>
            <th scope="col">{t("share")}</th>
          </tr>
        </thead>
        <tbody>
          {total.classes.map((each) => (
            <tr key={each.name}>
              <td>{words[each.name] ?? each.name}</td>
              <td title={formatCount(each.tokens, language)}>{formatCompact(each.tokens)}</td>
              <td>{formatCost(each.cost_usd)}</td>
              <td>{total.cost_usd ? formatPercent(each.cost_usd / total.cost_usd) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
