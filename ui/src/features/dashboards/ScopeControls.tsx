import { ActionIcon, Select, Tooltip } from "@mantine/core";
import { RefreshCw } from "lucide-react";
import { useRef } from "react";
import type { ProjectName } from "../../api/queries";
import { toRfc3339 } from "../../base/time";
import { FilterBar } from "../../widgets/list/FilterBar";
import { TimeRangePicker } from "../../widgets/list/TimeRangePicker";
import { REFRESHES } from "../../widgets/scope/scopeSearch";
import classes from "./DashboardPage.module.css";
import { useDashboardStrings } from "./strings";
import type { DashboardScope } from "./useDashboardScope";

/** Filter, range and refresh of a dashboard. */
export function ScopeControls(props: { project: ProjectName; scope: DashboardScope; hasFilter: boolean }) {
  const t = useDashboardStrings();
  const { scope, project } = props;
  const input = useRef<HTMLInputElement>(null);
  const selection = {
    project,
    from: toRfc3339(scope.resolved.from),
    to: toRfc3339(scope.resolved.to),
    filter: scope.filter,
  };
  return (
    <div className={classes.scope}>
      {props.hasFilter && (
        <div className={classes.filter} title={t("promqlUnfiltered")}>
          <FilterBar
            selection={selection}
            target="spans"
            placeholder={t("filterPlaceholder")}
            problem={null}
            inputRef={input}
            onApply={(filter) => scope.change({ filter: filter ?? "" })}
          />
        </div>
      )}
      <TimeRangePicker range={scope.range} onChange={({ from, to }) => scope.change({ from, to })} />
      <Select
        aria-label={t("refresh")}
        w={140}
        allowDeselect={false}
        data={REFRESHES.map((every) => ({
          value: every,
          label: every === "off" ? t("refreshOff") : t("refreshEvery", { every }),
        }))}
        value={scope.refresh}
        onChange={(refresh) => scope.change({ refresh: refresh ?? "off" })}
      />
      <Tooltip label={t("refreshNow")}>
        <ActionIcon aria-label={t("refreshNow")} onClick={scope.refreshNow}>
          <RefreshCw size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
