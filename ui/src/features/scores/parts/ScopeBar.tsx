import { ActionIcon, Select, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { ApiError } from "../../../api/client";
import type { ScoreSelection } from "../../../api/scores";
import { FilterBar } from "../../../widgets/list/FilterBar";
import { TimeRangePicker } from "../../../widgets/list/TimeRangePicker";
import { type ScoresSearch, SOURCES } from "../search";
import { useScoresStrings } from "../strings";
import classes from "./scores.module.css";

/** Whose scores count: traces by filter, one source or all, a range of time. */
export function ScopeBar(props: {
  scope: ScoreSelection;
  error: Error | null;
  /** Null drops what the URL says. */
  onChange: (part: { [Key in keyof ScoresSearch]?: ScoresSearch[Key] | null }) => void;
  withSource?: boolean;
  children?: ReactNode;
}) {
  const t = useScoresStrings();
  const { scope, error, onChange, withSource = true } = props;
  const queryClient = useQueryClient();
  const inputRef = useRef<HTMLInputElement>(null);
  const problem = error instanceof ApiError && error.problem.column !== null ? error.problem : null;
  return (
    <div className={classes.bar}>
      <FilterBar
        selection={scope}
        target="traces"
        placeholder={t("filterPlaceholder")}
        problem={problem}
        inputRef={inputRef}
        onApply={(filter) => onChange({ filter })}
      />
      {withSource && (
        <Select
          w={130}
          aria-label={t("sourceOf")}
          placeholder={t("anySource")}
          clearable
          value={scope.source || null}
          onChange={(source) => onChange({ source })}
          data={SOURCES.map((source) => ({ value: source, label: t(source) }))}
        />
      )}
      <Select
        w={170}
        aria-label={t("at")}
        allowDeselect={false}
        value={scope.at}
        onChange={(at) => onChange({ at: at === "trace" ? "trace" : null })}
        data={[
          { value: "score", label: t("atScore") },
          { value: "trace", label: t("atTrace") },
        ]}
      />
      {props.children}
      <TimeRangePicker range={{ from: scope.from, to: scope.to }} onChange={(range) => onChange(range)} />
      <Tooltip label={t("refresh")}>
        <ActionIcon
          aria-label={t("refresh")}
          onClick={() => void queryClient.invalidateQueries({ queryKey: ["scores"] })}
        >
          <RefreshCw size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
