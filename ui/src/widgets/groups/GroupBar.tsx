import { ActionIcon, Tooltip } from "@mantine/core";
import { Link2, RefreshCw } from "lucide-react";
import { type ReactNode, type RefObject, useRef } from "react";
import type { Problem } from "../../api/types";
import type { ViewKind } from "../../api/views";
import { absoluteRange } from "../../base/time";
import { CopyButton } from "../CopyButton";
import { FilterBar } from "../list/FilterBar";
import { useListWords } from "../list/strings";
import { TimeRangePicker } from "../list/TimeRangePicker";
import bar from "../list/Toolbar.module.css";
import { ViewsMenu } from "../views/ViewsMenu";
import type { GroupState } from "./useGroupState";

/** What stands above a page about many traces: which of them, and when. */
export function GroupBar(props: {
  state: GroupState;
  kind: ViewKind;
  problem: Problem | null;
  placeholder: string;
  isBusy: boolean;
  onRefresh: () => void;
  inputRef?: RefObject<HTMLInputElement | null>;
  /** Without it, only the time range is chosen. */
  hasFilter?: boolean;
  children?: ReactNode;
}) {
  const t = useListWords();
  const own = useRef<HTMLInputElement>(null);
  const { state } = props;
  return (
    <div className={bar.bar}>
      {props.hasFilter !== false && (
        <FilterBar
          selection={state.selection}
          target="traces"
          placeholder={props.placeholder}
          problem={props.problem}
          inputRef={props.inputRef ?? own}
          onApply={(filter) => state.change({ filter })}
        />
      )}
      <div className={bar.tools}>
        <TimeRangePicker range={state.range} onChange={(range) => state.change(range)} />
        <Tooltip label={t("refresh")}>
          <ActionIcon
            aria-label={t("refresh")}
            onClick={props.onRefresh}
            data-busy={props.isBusy || undefined}
          >
            <RefreshCw size={15} className={props.isBusy ? bar.spin : undefined} />
          </ActionIcon>
        </Tooltip>
        {props.children}
        <ViewsMenu kind={props.kind} />
        <CopyButton label={t("copyLink")} icon={<Link2 size={16} />} value={() => linkTo(state)} />
      </div>
    </div>
  );
}

/** The address with moments in place of "24 hours ago". */
function linkTo(state: GroupState): string {
  const link = new URL(window.location.href);
  const { from, to } = absoluteRange(state.range, Date.now());
  link.searchParams.set("from", from);
  link.searchParams.set("to", to);
  return link.toString();
}
