import { Skeleton, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { instantQuery, numberOf } from "../../api/prometheus";
import type { ProjectName } from "../../api/queries";
import { formatDateTime } from "../../base/time";
import { seriesName, unitOf } from "../../model/promql";
import { CopyButton } from "../../widgets/CopyButton";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { formatValue } from "../../widgets/values";
import graph from "./GraphView.module.css";
import classes from "./Legend.module.css";
import { Notes } from "./Notes";
import { useExploreStrings } from "./strings";

const ROWS_MAX = 1000;

/** The expression's value at the end of the range. */
export function TableView(props: { project: ProjectName; expression: string; time: number }) {
  const t = useExploreStrings();
  const answer = useQuery(instantQuery(props.project, props.expression, props.time));
  const unit = unitOf(props.expression);
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Skeleton height={200} m={12} radius="sm" />;
  const { rows, warnings, infos } = answer.data;
  return (
    <section aria-busy={answer.isFetching}>
      <Notes warnings={warnings} infos={infos} />
      {rows.length === 0 ? (
        <EmptyState title={t("empty")}>{t("emptyHint")}</EmptyState>
      ) : (
        <>
          <p className={graph.facts}>
            <span>{t("series", { count: rows.length })}</span>
            <span className="muted">{t("at", { time: formatDateTime(props.time).slice(0, 19) })}</span>
            {rows.length > ROWS_MAX && (
              <span className={graph.cut}>{t("drawn", { drawn: ROWS_MAX, count: rows.length })}</span>
            )}
          </p>
          <div className={classes.root}>
            <Table className={classes.table} verticalSpacing={3}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("label")}</Table.Th>
                  <Table.Th className="num">{t("value")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.slice(0, ROWS_MAX).map((row) => (
                  <Table.Tr key={`${seriesName(row.labels)} ${row.time}`}>
                    <Table.Td>
                      <code>{seriesName(row.labels)}</code> <CopyButton value={seriesName(row.labels)} />
                    </Table.Td>
                    <Table.Td className="num" title={row.value}>
                      {formatValue(numberOf(row.value), unit)}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        </>
      )}
    </section>
  );
}
