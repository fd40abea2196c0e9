import { Link } from "@tanstack/react-router";
import { Filter } from "lucide-react";
import type { Json } from "../../../api/types";
import { filterTerm, openField } from "../../../model/traceFilter";
import { textOf } from "../../../model/traceMessages";
import { CopyButton } from "../../../widgets/CopyButton";
import { Marked } from "../Marked";
import { useTraceStrings } from "../strings";
import classes from "./panel.module.css";
import { TextView } from "./TextView";

/** Longer values are not indexed by attribute, so a filter on them would find nothing. */
const FILTER_CHARS_MAX = 256;

export function AttributeTable(props: {
  group: "attributes" | "resource" | null;
  rows: readonly (readonly [string, Json])[];
  query: string;
}) {
  const t = useTraceStrings();
  const { group } = props;
  return (
    <table className={classes.attributes}>
      <tbody>
        {props.rows.map(([key, value]) => (
          <tr key={key}>
            <th scope="row" className="mono">
              <Marked text={key} query={props.query} />
            </th>
            <td>
              <TextView text={textOf(value)} isPlain />
            </td>
            <td className={classes.attributeActions}>
              <CopyButton value={() => textOf(value)} />
              {group !== null && isFilterable(value) && (
                <Link
                  to="/traces"
                  search={{ filter: filterTerm(openField(group, key), value) }}
                  aria-label={t("filterBy")}
                  title={t("filterBy")}
                >
                  <Filter size={13} />
                </Link>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function isFilterable(value: Json): value is string | number | boolean {
  if (value === null || typeof value === "object" || value === "") return false;
  return String(value).length <= FILTER_CHARS_MAX;
}
