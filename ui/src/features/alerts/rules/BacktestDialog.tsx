import { Modal, SegmentedControl, Skeleton, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type Backtest, backtestQuery, type Firing, type Rule } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { formatSpan } from "../../../base/format";
import { formatDateTime } from "../../../base/time";
import { rangeOf, valueExpression } from "../../../model/alertLinks";
import { seriesName, unitOf } from "../../../model/promql";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { formatValue } from "../../../widgets/values";
import { useRuleStrings } from "./strings";

const DAYS = { "1": "d1", "3": "d3", "7": "d7" } as const;

/** When the rule would have fired over past days. */
export function BacktestDialog(props: { group: string; rule: Rule; onClose: () => void }) {
  const t = useRuleStrings();
  const { rule } = props;
  const [days, setDays] = useState<keyof typeof DAYS>("1");
  const answer = useQuery(backtestQuery(useProject(), `${props.group}/${rule.name}`, Number(days)));
  return (
    <Modal opened onClose={props.onClose} size="xl" title={t("backtest")}>
      <div className={classes.head}>
        <span>{t("backtestOf", { name: rule.name })}</span>
        <SegmentedControl
          size="xs"
          aria-label={t("days")}
          value={days}
          onChange={(value) => setDays(value as keyof typeof DAYS)}
          data={Object.entries(DAYS).map(([value, word]) => ({ value, label: t(word) }))}
        />
      </div>
      <Problem error={answer.error} />
      {answer.isPending && <Skeleton height={120} mt={10} radius="sm" />}
      {answer.data && (
        <>
          <p>
            <b>{summaryOf(answer.data, t)}</b>
          </p>
          {answer.data.warnings.map((warning) => (
            <p key={warning} style={{ color: "var(--warn)" }}>
              {warning}
            </p>
          ))}
          {answer.data.infos.map((info) => (
            <p key={info} className="muted">
              {info}
            </p>
          ))}
          {answer.data.firings.length > 0 && <FiringTable firings={answer.data.firings} rule={rule} />}
        </>
      )}
    </Modal>
  );
}

function summaryOf(found: Backtest, t: ReturnType<typeof useRuleStrings>): string {
  if (found.firing_count > 0)
    return t("fired", { count: found.firing_count, time: formatSpan(found.firing_s * 1000) });
  if (found.pending_only_count === 0) return t("never");
  return `${t("never")} ${t("pendingOnly", { count: found.pending_only_count })}`;
}

function FiringTable(props: { firings: readonly Firing[]; rule: Rule }) {
  const t = useRuleStrings();
  const { rule } = props;
  const lasted = (firing: Firing) => {
    const end = firing.resolved_at === null ? Date.now() : Date.parse(firing.resolved_at);
    return formatSpan(end - Date.parse(firing.firing_at ?? firing.pending_at));
  };
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table verticalSpacing={4} fz="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("from")}</Table.Th>
            <Table.Th>{t("lasted")}</Table.Th>
            <Table.Th>{t("labels")}</Table.Th>
            <Table.Th className="num">{t("max")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.firings.map((firing) => (
            <Table.Tr key={`${firing.firing_at}${seriesName(firing.labels)}`}>
              <Table.Td style={{ whiteSpace: "nowrap" }}>
                <Link
                  to="/explore"
                  search={{
                    expr: valueExpression(rule.expr),
                    ...rangeOf(firing.pending_at, firing.resolved_at),
                  }}
                >
                  {formatDateTime(firing.firing_at ?? firing.pending_at).slice(0, 16)}
                </Link>
              </Table.Td>
              <Table.Td style={{ whiteSpace: "nowrap" }}>
                {lasted(firing)}
                {firing.resolved_at === null && <span className="muted"> {t("still")}</span>}
              </Table.Td>
              <Table.Td className="mono">{seriesName(firing.labels)}</Table.Td>
              <Table.Td className="num">
                {firing.max_value === null ? "" : formatValue(firing.max_value, unitOf(rule.expr))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
