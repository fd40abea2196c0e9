import { ActionIcon, Button, Checkbox, Popover, Tooltip } from "@mantine/core";
import { Columns3 } from "lucide-react";
import { useState } from "react";
import classes from "./ColumnPicker.module.css";
import { useListWords } from "./strings";

export type PickableColumns = {
  /** In the order they stand. */
  all: readonly { id: string; title: string }[];
  shown: readonly string[];
  toggle: (id: string) => void;
  reset: () => void;
};

export function ColumnPicker(props: { columns: PickableColumns }) {
  const t = useListWords();
  const { columns } = props;
  const [isOpen, setOpen] = useState(false);
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
        {columns.all.map(({ id, title }) => (
          <Checkbox
            key={id}
            label={title}
            checked={columns.shown.includes(id)}
            onChange={() => columns.toggle(id)}
          />
        ))}
        <Button onClick={columns.reset}>{t("columnsReset")}</Button>
      </Popover.Dropdown>
    </Popover>
  );
}
