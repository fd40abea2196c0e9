import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { ChevronDown, RefreshCw } from "lucide-react";
import classes from "./ScopeBar.module.css";
import { REFRESHES, type Refresh } from "./scopeSearch";
import { useScopeStrings } from "./strings";

/** Ask again now, or by itself every so often. */
export function RefreshControl(props: {
  refresh: Refresh | undefined;
  isRefreshing: boolean;
  onRefresh: () => void;
  onChange: (refresh: Refresh | null) => void;
}) {
  const t = useScopeStrings();
  const { refresh } = props;
  return (
    <div className={classes.refresh}>
      <Tooltip label={t("refresh")}>
        <ActionIcon aria-label={t("refresh")} onClick={props.onRefresh}>
          <RefreshCw size={15} className={props.isRefreshing ? classes.turning : undefined} />
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant={refresh ? "light" : "subtle"}
            color={refresh ? "glass" : "gray"}
            px={6}
            rightSection={<ChevronDown size={13} />}
            aria-label={t("autoRefresh")}
          >
            {refresh ? t(`r${refresh}`) : ""}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("autoRefresh")}</Menu.Label>
          <Menu.Item onClick={() => props.onChange(null)}>{t("never")}</Menu.Item>
          {REFRESHES.map((every) => (
            <Menu.Item key={every} onClick={() => props.onChange(every)}>
              {t("every", { span: t(`r${every}`) })}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
