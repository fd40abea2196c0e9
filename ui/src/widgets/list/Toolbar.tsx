import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { ChartColumn, Link2, PanelLeft, Radio, RefreshCw } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import type { Problem, Target } from "../../api/types";
import { absoluteRange } from "../../base/time";
import { CopyButton } from "../CopyButton";
import { ViewsMenu } from "../views/ViewsMenu";
import { ColumnPicker, type PickableColumns } from "./ColumnPicker";
import { FilterBar } from "./FilterBar";
import type { ListState } from "./listState";
import { useListWords } from "./strings";
import { TimeRangePicker } from "./TimeRangePicker";
import classes from "./Toolbar.module.css";

type ToolbarProps = {
  state: ListState;
  target: Target;
  columns: PickableColumns;
  problem: Problem | null;
  inputRef: RefObject<HTMLInputElement | null>;
  filterPlaceholder: string;
  isBusy: boolean;
  isLiveFailing: boolean;
  /** What following does: before it is on, and while it is. */
  liveHint: string;
  liveOn: string;
  hasFacets: boolean;
  hasChart: boolean;
  onFacets: () => void;
  onChart: () => void;
  onLive: () => void;
  onRefresh: () => void;
  children?: ReactNode;
};

/** What stands above every list: the filter, the time range, following, and how the list looks. */
export function Toolbar(props: ToolbarProps) {
  const t = useListWords();
  const { state, columns } = props;
  const liveWord = props.isLiveFailing ? t("liveFailing") : props.liveOn;
  return (
    <div className={classes.bar}>
      <Toggle isOn={props.hasFacets} on={t("hideFacets")} off={t("showFacets")} onClick={props.onFacets}>
        <PanelLeft size={16} />
      </Toggle>
      <FilterBar
        selection={state.selection}
        target={props.target}
        placeholder={props.filterPlaceholder}
        problem={props.problem}
        inputRef={props.inputRef}
        onApply={(filter) => state.change({ filter })}
      />
      <div className={classes.tools}>
        <TimeRangePicker
          range={state.range}
          onChange={(range) => state.change(range.to === "now" ? range : { ...range, live: null })}
        />
        <Tooltip label={`${state.isLive ? liveWord : props.liveHint} (l)`}>
          <Button
            {...(props.isLiveFailing ? { color: "red" } : {})}
            variant={state.isLive ? "filled" : "default"}
            aria-pressed={state.isLive}
            leftSection={<Radio size={14} className={state.isLive ? classes.pulse : undefined} />}
            onClick={props.onLive}
          >
            {t("live")}
          </Button>
        </Tooltip>
        <Tooltip label={`${t("refresh")} (r)`}>
          <ActionIcon
            aria-label={t("refresh")}
            onClick={props.onRefresh}
            data-busy={props.isBusy || undefined}
          >
            <RefreshCw size={15} className={props.isBusy ? classes.spin : undefined} />
          </ActionIcon>
        </Tooltip>
        <Toggle isOn={props.hasChart} on={t("chartHide")} off={t("chartShow")} onClick={props.onChart}>
          <ChartColumn size={16} />
        </Toggle>
        {props.children}
        <ViewsMenu kind={props.target === "logs" ? "logs" : "traces"} />
        <ColumnPicker columns={columns} />
        <CopyButton
          label={t("copyLink")}
          icon={<Link2 size={16} />}
          value={() => linkTo(state, columns.shown)}
        />
      </div>
    </div>
  );
}

export function Toggle(props: {
  isOn: boolean;
  on: string;
  off: string;
  onClick: () => void;
  children: ReactNode;
}) {
  const label = props.isOn ? props.on : props.off;
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} aria-pressed={props.isOn} onClick={props.onClick}>
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}

/** The view's address with moments in place of "24 hours ago", and with the columns that are shown. */
function linkTo(state: ListState, columns: readonly string[]): string {
  const link = new URL(window.location.href);
  const { from, to } = absoluteRange(state.range, Date.now());
  link.searchParams.set("from", from);
  link.searchParams.set("to", to);
  link.searchParams.set("cols", columns.join(","));
  link.searchParams.delete("live");
  return link.toString();
}
