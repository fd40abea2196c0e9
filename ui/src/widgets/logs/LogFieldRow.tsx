import { ActionIcon } from "@mantine/core";
import { Minus, Plus } from "lucide-react";
import type { Json } from "../../api/types";
import type { Choice } from "../../model/filterText";
import type { LogField } from "../../model/logFields";
import { CopyButton } from "../CopyButton";
import classes from "./LogDetail.module.css";
import { useLogWords } from "./strings";

/** Asks for a value of a field of the filter language, or rules it out. */
export type OnFilter = (field: string, value: string, choice: Choice) => void;

export function LogFieldRow(props: { row: LogField; onFilter: OnFilter }) {
  const t = useLogWords();
  const { key, value, field } = props.row;
  const text = textOf(value);
  return (
    <tr>
      <th scope="row">{key}</th>
      <td className={classes.actions}>
        {field !== null && (
          <>
            <ActionIcon
              size="xs"
              aria-label={t("filterBy", { name: key })}
              title={t("filterBy", { name: key })}
              onClick={() => props.onFilter(field, text, "include")}
            >
              <Plus size={12} />
            </ActionIcon>
            <ActionIcon
              size="xs"
              aria-label={t("exclude", { name: key })}
              title={t("exclude", { name: key })}
              onClick={() => props.onFilter(field, text, "exclude")}
            >
              <Minus size={12} />
            </ActionIcon>
          </>
        )}
      </td>
      <td className={classes.actions}>
        <CopyButton value={text} />
      </td>
      <td>
        <pre className={classes.value}>{text}</pre>
      </td>
    </tr>
  );
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
