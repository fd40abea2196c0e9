import { ActionIcon, Checkbox, Menu, Tooltip } from "@mantine/core";
import { Columns3 } from "lucide-react";
import { COLUMNS } from "./columns";
import { useListStrings } from "./strings";
import type { ColumnChoice } from "./useColumns";

export function ColumnPicker(props: { choice: ColumnChoice }) {
  const t = useListStrings();
  const shown = new Set(props.choice.shown.map((column) => column.id));
  return (
    <Menu position="bottom-end" closeOnItemClick={false}>
      <Menu.Target>
        <Tooltip label={t("columns")}>
          <ActionIcon aria-label={t("columns")}>
            <Columns3 size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown mah="70vh" style={{ overflowY: "auto" }}>
        {COLUMNS.map((column) => (
          <Menu.Item
            key={column.id}
            role="menuitemcheckbox"
            aria-checked={shown.has(column.id)}
            leftSection={<Checkbox checked={shown.has(column.id)} readOnly tabIndex={-1} aria-hidden />}
            onClick={() => props.choice.toggle(column.id)}
          >
            {column.title(t)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={props.choice.reset}>{t("columnsReset")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
