import { Button, Menu } from "@mantine/core";
import { History } from "lucide-react";
import classes from "./menus.module.css";
import { useExploreStrings } from "./strings";

export function HistoryMenu(props: { past: readonly string[]; onChoose: (expression: string) => void }) {
  const t = useExploreStrings();
  return (
    <Menu position="bottom-start" width={460}>
      <Menu.Target>
        <Button leftSection={<History size={14} />}>{t("past")}</Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.list}>
        <Menu.Label>{props.past.length === 0 ? t("noHistory") : t("history")}</Menu.Label>
        {props.past.map((expression) => (
          <Menu.Item key={expression} onClick={() => props.onChoose(expression)}>
            <code className={classes.expression}>{expression}</code>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
