import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Attempt, notificationsQuery } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { formatDateTime } from "../../../base/time";
import classes from "../../../widgets/cards/cards.module.css";
import { ErrorState } from "../../../widgets/ErrorState";
import { Outcome } from "./ReceiverCard";
import { useReceiverStrings } from "./strings";

/** The last attempts to tell somebody something. */
export function SentTable() {
  const t = useReceiverStrings();
  const sent = useQuery(notificationsQuery(useProject()));
  if (sent.error) return <ErrorState error={sent.error} onRetry={() => void sent.refetch()} />;
  const items = sent.data?.items ?? [];
  return (
    <section>
      <h2 className={classes.name}>{t("last")}</h2>
      {items.length === 0 ? (
        <p className="muted">{t("nothing")}</p>
      ) : (
        <Table.ScrollContainer minWidth={640}>
          <Table verticalSpacing={4} fz="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("time")}</Table.Th>
                <Table.Th>{t("receiver")}</Table.Th>
                <Table.Th>{t("group")}</Table.Th>
                <Table.Th>{t("what")}</Table.Th>
                <Table.Th>{t("outcome")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((attempt, position) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: attempts have no id and only their order
                <Table.Tr key={position}>
                  <Table.Td className="num" style={{ textAlign: "start", whiteSpace: "nowrap" }}>
                    {formatDateTime(attempt.time).slice(0, 19)}
                  </Table.Td>
                  <Table.Td>
                    {attempt.receiver} <span className="muted">{attempt.integration}</span>
                  </Table.Td>
                  <Table.Td className="mono">{attempt.group_labels}</Table.Td>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>{whatOf(attempt, t)}</Table.Td>
                  <Table.Td>
                    <Outcome attempt={attempt} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </section>
  );
}

function whatOf(attempt: Attempt, t: ReturnType<typeof useReceiverStrings>): string {
  if (attempt.status === "test") return t("testMessage");
  const parts = [];
  if (attempt.firing_count > 0) parts.push(t("firing", { count: attempt.firing_count }));
  if (attempt.resolved_count > 0) parts.push(t("resolved", { count: attempt.resolved_count }));
  return parts.join(", ");
}
