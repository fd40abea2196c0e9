import { Button, Menu } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./SqlPage.module.css";

type Item = { key: string; label: string | null; query: string };

type MenuProps = {
  icon: ReactNode;
  label: string;
  title: string;
  items: readonly Item[];
  onChoose: (query: string) => void;
};

/** Statements to run again, or to start from. */
export function StatementMenu(props: MenuProps) {
  return (
    <Menu position="bottom-start" width={440}>
      <Menu.Target>
        <Button leftSection={props.icon}>{props.label}</Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        <Menu.Label>{props.title}</Menu.Label>
        {props.items.map((item) => (
          <Menu.Item key={item.key} onClick={() => props.onChoose(item.query)}>
            {item.label ?? <code className={classes.past}>{item.query}</code>}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
