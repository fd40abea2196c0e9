import { ActionIcon, Button, Checkbox, Popover, Tooltip } from "@mantine/core";
import { Columns3 } from "lucide-react";
import { useState } from "react";
import classes from "./ColumnPicker.module.css";
import { COLUMNS } from "./columns";
import { useListStrings } from "./strings";
import type { ColumnChoice } from "./useColumns";

export function ColumnPicker(props: { choice: ColumnChoice }) {
  const t = useListStrings();
  const [isOpen, setOpen] = useState(false);
  const shown = new Set(props.choice.shown.map((column) => column.id));
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus>
      <Popover.Target>
        <Tooltip label={t("columns")}>
          <ActionIcon aria-label={t("columns")} onClick={() => setOpen(!isOpen)}>
            <Columns3 size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown}>
        {COLUMNS.map((column) => (
          <Checkbox
            key={column.id}
            label={column.title(t)}
            checked={shown.has(column.id)}
            onChange={() => props.choice.toggle(column.id)}
          />
        ))}
        <Button onClick={props.choice.reset}>{t("columnsReset")}</Button>
      </Popover.Dropdown>
    </Popover>
  );
}
