import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { aggregateQuery } from "../../api/aggregate";
import type { Selection } from "../../api/queries";
import { formatCost, formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { BarList } from "../../charts/BarList";
import { lineColor } from "../../charts/colors";
import { ErrorState } from "../../widgets/ErrorState";
import { useUserStrings } from "./strings";
import classes from "./User.module.css";

const QUESTIONS = {
  feature: {
    target: "traces",
    measures: ["sum(cost)", "sum(unpriced_count)"],
    groupBy: ["feature"],
    limit: 8,
  },
  model: { target: "spans", measures: ["sum(cost)", "count()"], groupBy: ["model"], limit: 8 },
} as const;

/** What was spent on the user, by feature or by model. */
export function Spending(props: { selection: Selection; by: "feature" | "model" }) {
  const t = useUserStrings();
  const language = useLanguage();
  const { by, selection } = props;
  const filter = by === "model" ? `${selection.filter} is_call:true` : selection.filter;
  const answer = useQuery(aggregateQuery({ ...selection, filter }, QUESTIONS[by]));
  const title = by === "feature" ? t("byFeature") : t("byModel");
  const unnamed = by === "feature" ? t("noFeature") : t("noModel");
  const bars = (answer.data?.rows ?? []).map(([name, cost, second], place) => {
    const count = by === "feature" ? Number(second) : cost === null ? Number(second) : 0;
    const known = String(name || unnamed);
    return {
      id: known,
      name: count > 0 ? `${known} (${t("unpricedCalls", { count: formatCount(count, language) })})` : known,
      value: typeof cost === "number" ? cost : null,
      color: lineColor(place),
    };
  });
  return (
    <section className={classes.section}>
      <h2 className={classes.sectionTitle}>{title}</h2>
      {answer.error && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isPending && <Skeleton height={80} />}
      {answer.data && bars.length === 0 && <p className="muted">{t("nothingSpent")}</p>}
      {bars.length > 0 && <BarList bars={bars} format={formatCost} label={title} />}
    </section>
  );
}
