import { ActionIcon, Select, Tooltip } from "@mantine/core";
import { useIsFetching, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { GitCompareArrows, Link2, RefreshCw, Timer } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { ApiError } from "../../api/client";
import type { Target } from "../../api/types";
import { absoluteRange } from "../../base/time";
import { CopyButton } from "../CopyButton";
import { FilterBar } from "../list/FilterBar";
import { TimeRangePicker } from "../list/TimeRangePicker";
import { kindOf } from "../views/address";
import { ViewsMenu } from "../views/ViewsMenu";
import classes from "./ScopeBar.module.css";
import { COMPARISONS, changeScope, REFRESHES } from "./scopeSearch";
import { useScopeStrings } from "./strings";
import { UpdatedAgo } from "./UpdatedAgo";
import { useAutoRefresh } from "./useAutoRefresh";
import type { ScopeState } from "./useScopeState";

/** What a page shows: of what, when, compared with when, and how fresh. Asks the page's questions again by itself. */
export function ScopeBar(props: {
  scope: ScopeState;
  /** What the filter is over. */
  target?: Target;
  /** Of the page's main question: a filter that cannot be read is shown where it stands. */
  error: Error | null;
  /** When the page's main answer came, in milliseconds since the epoch. */
  updatedAt?: number;
  withCompare?: boolean;
  children?: ReactNode;
}) {
  const t = useScopeStrings();
  const { scope, error, target = "traces", updatedAt = 0, withCompare = true } = props;
  const queryClient = useQueryClient();
  const isBusy = useIsFetching({ type: "active" }) > 0;
  const kind = useLocation({ select: (location) => kindOf(location.pathname) });
  const inputRef = useRef<HTMLInputElement>(null);
  const problem = error instanceof ApiError && error.problem.column !== null ? error.problem : null;
  // Whatever is on the page and may have changed; a question that is still open is not asked twice.
  useAutoRefresh(
    scope.refresh,
    () => void queryClient.refetchQueries({ type: "active", stale: true }, { cancelRefetch: false }),
  );
  const refresh = () =>
    void queryClient.invalidateQueries({ refetchType: "active" }, { cancelRefetch: false });
  return (
    <search className={classes.bar} aria-label={t("scope")}>
      <FilterBar
        selection={scope.selection}
        target={target}
        placeholder={t("filterPlaceholder")}
        problem={problem}
        inputRef={inputRef}
        onApply={(filter) => scope.change({ filter })}
      />
      <div className={classes.tools}>
        {props.children}
        <TimeRangePicker range={scope.selection} onChange={(range) => scope.change(range)} />
        {withCompare && (
          <Select
            w={148}
            leftSection={<GitCompareArrows size={14} />}
            aria-label={t("compare")}
            allowDeselect={false}
            value={scope.comparison}
            onChange={(compare) => scope.change({ compare })}
            data={COMPARISONS.map((value) => ({ value, label: t(value) }))}
          />
        )}
        <Select
          w={120}
          leftSection={<Timer size={14} />}
          aria-label={t("every")}
          allowDeselect={false}
          value={scope.refreshing}
          onChange={(every) => scope.change({ refresh: every }, true)}
          data={REFRESHES.map((value) => ({
            value,
            label: value === "off" ? t("never") : t("everyTime", { time: value }),
          }))}
        />
        <Tooltip label={t("refresh")}>
          <ActionIcon aria-label={t("refresh")} loading={isBusy} onClick={refresh}>
            <RefreshCw size={15} />
          </ActionIcon>
        </Tooltip>
        {kind !== null && <ViewsMenu kind={kind} />}
        <CopyButton value={() => linkTo(scope)} label={t("copyLink")} icon={<Link2 size={15} />} />
        <UpdatedAgo at={updatedAt} />
      </div>
    </search>
  );
}

/** The same moments for whoever opens it. */
function linkTo(scope: ScopeState): string {
  const url = new URL(window.location.href);
  const before = Object.fromEntries(url.searchParams);
  const after = changeScope(before, absoluteRange(scope.selection, Date.now()));
  url.search = new URLSearchParams(after as Record<string, string>).toString();
  return url.toString();
}
