import { Table } from "@mantine/core";
import type { RedactionCount } from "../../../api/redaction";
import { useDetectorName, useFieldName } from "./names";
import classes from "./privacy.module.css";
import { usePrivacyStrings } from "./strings";

const ROWS_MAX = 30;
const ACTIONS = ["mask", "hash", "drop"] as const;

/** How often what was found where; the most frequent. */
export function CountTable(props: { counts: readonly RedactionCount[] }) {
  const t = usePrivacyStrings();
  const detectorName = useDetectorName();
  const fieldName = useFieldName();
  const actionName = (action: string) => {
    const known = ACTIONS.find((one) => one === action);
    return known === undefined ? action : t(known);
  };
  return (
    <div className={classes.table}>
      <Table verticalSpacing={3}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("detector")}</Table.Th>
            <Table.Th>{t("field")}</Table.Th>
            <Table.Th>{t("action")}</Table.Th>
            <Table.Th ta="right">{t("times")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.counts.slice(0, ROWS_MAX).map((one) => (
            <Table.Tr key={`${one.detector} ${one.field} ${one.action}`}>
              <Table.Td>{detectorName(one.detector)}</Table.Td>
              <Table.Td>{fieldName(one.field)}</Table.Td>
              <Table.Td>{actionName(one.action)}</Table.Td>
              <Table.Td ta="right">{one.count.toLocaleString()}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
