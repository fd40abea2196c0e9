import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { ChartColumn, Link2, PanelLeft, Radio, RefreshCw } from "lucide-react";
import type { RefObject } from "react";
import type { Problem } from "../../api/types";
import { absoluteRange } from "../../base/time";
import { CopyButton } from "../../widgets/CopyButton";
import { ColumnPicker } from "./ColumnPicker";
import { FilterBar } from "./FilterBar";
import { useListStrings } from "./strings";
import { TimeRangePicker } from "./TimeRangePicker";
import classes from "./Toolbar.module.css";
import type { ColumnChoice } from "./useColumns";
import type { ListState } from "./useListState";

export function Toolbar(props: {
  state: ListState;
  columns: ColumnChoice;
  problem: Problem | null;
  inputRef: RefObject<HTMLInputElement | null>;
  isBusy: boolean;
  isLiveFailing: boolean;
  hasFacets: boolean;
  hasChart: boolean;
  onFacets: () => void;
  onChart: () => void;
  onLive: () => void;
  onRefresh: () => void;
}) {
  const t = useListStrings();
  const { state, columns } = props;
  return (
    <div className={classes.bar}>
      <Toggle isOn={props.hasFacets} on={t("hideFacets")} off={t("showFacets")} onClick={props.onFacets}>
        <PanelLeft size={16} />
      </Toggle>
      <FilterBar state={state} problem={props.problem} inputRef={props.inputRef} />
      <div className={classes.tools}>
        <TimeRangePicker
          range={state.range}
          onChange={(range) => state.change(range.to === "now" ? range : { ...range, live: null })}
        />
        <Tooltip label={`${t(liveWord(state.isLive, props.isLiveFailing))} (l)`}>
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
        <ColumnPicker choice={columns} />
        <CopyButton label={t("copyLink")} icon={<Link2 size={16} />} value={() => linkTo(state, columns)} />
      </div>
    </div>
  );
}

function liveWord(isLive: boolean, isFailing: boolean): "liveHint" | "liveOn" | "liveFailing" {
  if (!isLive) return "liveHint";
  return isFailing ? "liveFailing" : "liveOn";
}

function Toggle(props: {
  isOn: boolean;
  on: string;
  off: string;
  onClick: () => void;
  children: React.ReactNode;
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
function linkTo(state: ListState, columns: ColumnChoice): string {
  const link = new URL(window.location.href);
  const { from, to } = absoluteRange(state.range, Date.now());
  link.searchParams.set("from", from);
  link.searchParams.set("to", to);
  link.searchParams.set("cols", columns.shown.map((column) => column.id).join(","));
  link.searchParams.delete("live");
  return link.toString();
}
