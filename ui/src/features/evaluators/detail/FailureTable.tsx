import { Button, Table } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { type Evaluator, failuresQuery, retryFailures } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { formatDateTime } from "../../../base/time";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { useDetailStrings } from "./strings";

/** What could not be judged, with the reason; nothing where all could. */
export function FailureTable(props: { evaluator: Evaluator }) {
  const t = useDetailStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const failures = useQuery(failuresQuery(project, props.evaluator.id));
  const retrying = useMutation({
    mutationFn: () => retryFailures(project, props.evaluator.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["evaluators"] }),
  });
  const { items, total } = failures.data ?? { items: [], total: 0 };
  if (total === 0 && !retrying.isSuccess) return null;
  return (
    <section className={classes.card}>
      <header className={classes.head}>
        <h3 className={classes.name}>
          {t("failures")} · {total}
        </h3>
        <span className={classes.gap} />
        {retrying.data && <span role="status">{t("retried", { count: retrying.data.count })}</span>}
        <Button
          leftSection={<RotateCcw size={13} />}
          loading={retrying.isPending}
          disabled={total === 0}
          onClick={() => retrying.mutate()}
        >
          {t("retry")}
        </Button>
      </header>
      <Problem error={retrying.error} />
      <Table.ScrollContainer minWidth={560}>
        <Table fz="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("when")}</Table.Th>
              <Table.Th>{t("trace")}</Table.Th>
              <Table.Th>{t("reason")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((failure) => (
              <Table.Tr key={`${failure.trace_id}/${failure.span_id}/${failure.evaluator_version}`}>
                <Table.Td>{formatDateTime(failure.at).slice(0, 19)}</Table.Td>
                <Table.Td>
                  <Link
                    to="/traces/$traceId"
                    params={{ traceId: failure.trace_id }}
                    search={failure.span_id ? { span: failure.span_id } : {}}
                    className="mono"
                  >
                    {failure.trace_id.slice(0, 12)}
                  </Link>
                </Table.Td>
                <Table.Td>
                  {failure.reason} <span className="muted">{t("attempts", { count: failure.attempts })}</span>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {total > items.length && <p className="muted">{t("moreFailures", { count: total - items.length })}</p>}
    </section>
  );
}
