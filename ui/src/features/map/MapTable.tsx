import { Table } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ServiceMap } from "../../api/map";
import type { Selection } from "../../api/queries";
import { formatCount, formatDuration, formatPercent } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { filterOfEdge, healthOf } from "../../model/serviceMap";
import { Cost } from "../../widgets/Cost";
import classes from "./Map.module.css";
import { tracesSearch } from "./MapSelection";
import { useMapStrings } from "./strings";
import { nameOf, rateOf } from "./words";

/** The same calls as a table, the busiest first. */
export function MapTable(props: { map: ServiceMap; selection: Selection }) {
  const t = useMapStrings();
  const language = useLanguage();
  const { map } = props;
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className={classes.table} tabIndex={0}>
      <Table stickyHeader verticalSpacing={4} fz="xs" aria-label={t("title")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("from")}</Table.Th>
            <Table.Th>{t("to")}</Table.Th>
            <Table.Th className="num">{t("rate")}</Table.Th>
            <Table.Th className="num">{t("errors")}</Table.Th>
            <Table.Th className="num">{t("p50")}</Table.Th>
            <Table.Th className="num">{t("p95")}</Table.Th>
            <Table.Th className="num">{t("cost")}</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {map.edges.map((edge) => {
            const [source, target] = [nodes.get(edge.source), nodes.get(edge.target)];
            if (!source || !target) return null;
            return (
              <Table.Tr key={`${edge.source} ${edge.target}`} data-health={healthOf(edge)}>
                <Table.Td>{nameOf(source, t)}</Table.Td>
                <Table.Td>
                  {nameOf(target, t)} <span className="muted">{t(`kind_${target.kind}`)}</span>
                </Table.Td>
                <Table.Td className="num" title={t("requests", { count: formatCount(edge.count, language) })}>
                  {rateOf(edge, t)}
                </Table.Td>
                <Table.Td className="num" data-errors={edge.error_count > 0 || undefined}>
                  {formatPercent(edge.error_rate)}
                </Table.Td>
                <Table.Td className="num">{formatDuration(edge.duration_p50_ms)}</Table.Td>
                <Table.Td className="num">{formatDuration(edge.duration_p95_ms)}</Table.Td>
                <Table.Td className="num">
                  <Cost usd={edge.cost_usd} unpricedCount={edge.unpriced_count} />
                </Table.Td>
                <Table.Td>
                  <Link to="/traces" search={tracesSearch(props.selection, filterOfEdge(source, target))}>
                    {t("seeTraces")}
                  </Link>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
