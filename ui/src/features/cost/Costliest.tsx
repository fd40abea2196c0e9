import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { costQuery } from "../../api/cost";
import type { Selection } from "../../api/queries";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { Cost } from "../../widgets/Cost";
import classes from "./cost.module.css";
import { saveCsv } from "./csv";
import { useCostStrings } from "./strings";

const SHOWN = 8;

/** The users, or the sessions, that cost most. */
export function Costliest(props: { selection: Selection; by: "user_id" | "session_id" }) {
  const t = useCostStrings();
  const language = useLanguage();
  const { selection, by } = props;
  const { from, to } = selection;
  const answer = useQuery(costQuery({ selection, compare: null, by, limit: SHOWN + 1 }));
  const named = (answer.data?.groups ?? []).filter((group) => group.name !== "").slice(0, SHOWN);
  const title = by === "user_id" ? t("costliestUsers") : t("costliestSessions");
  const save = () =>
    saveCsv(
      `costliest-${by}`,
      [by, "cost_usd", "requests", "calls", "unpriced_share"],
      named.map((g) => [g.name, g.cost_usd, g.trace_count, g.call_count, g.unpriced_share]),
    );
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>{title}</h2>
        <span className={classes.end}>
          <Button size="compact-xs" leftSection={<Download size={13} />} onClick={save}>
            {t("csv")}
          </Button>
        </span>
      </div>
      {answer.isPending && <Skeleton height={90} />}
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t(`by_${by}`)}</th>
            <th scope="col">{t("cost")}</th>
            <th scope="col">{t("requests")}</th>
          </tr>
        </thead>
        <tbody>
          {named.map((group) => (
            <tr key={group.name}>
              <td title={group.name}>
                {by === "user_id" ? (
                  <Link to="/users/$userId" params={{ userId: group.name }} search={{ from, to }}>
                    {group.name}
                  </Link>
                ) : (
                  <Link to="/sessions/$sessionId" params={{ sessionId: group.name }}>
                    {group.name}
                  </Link>
                )}
              </td>
              <td>
                <Cost usd={group.cost_usd} unpricedCount={group.unpriced_count} />
              </td>
              <td>{formatCount(group.trace_count, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
