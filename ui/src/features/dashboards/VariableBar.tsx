import { MultiSelect, Select, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { ALL } from "../../model/dashboards/document";
import { type DashboardSearch, joinValues } from "./search";
import { useDashboardStrings } from "./strings";
import type { VariableState } from "./useVariables";
import classes from "./VariableBar.module.css";

type BarProps = {
  states: readonly VariableState[];
  change: (part: Partial<DashboardSearch>) => void;
};

/** The dashboard's variables, each with what it offers. */
export function VariableBar(props: BarProps) {
  const shown = props.states.filter((state) => !state.variable.is_hidden);
  if (shown.length === 0) return null;
  return (
    <div className={classes.bar}>
      {shown.map((state) => (
        <VariableInput
          key={state.variable.name}
          state={state}
          onChoose={(values) =>
            props.change({ [`var-${state.variable.name}`]: joinValues(values) } as Partial<DashboardSearch>)
          }
        />
      ))}
    </div>
  );
}

function VariableInput(props: { state: VariableState; onChoose: (values: readonly string[]) => void }) {
  const t = useDashboardStrings();
  const { variable, options, chosen, error } = props.state;
  const label = variable.label || variable.name;
  const shared = {
    label,
    "aria-label": t("chooseVariable", { name: label }),
    size: "xs" as const,
    error: error === null ? undefined : error.message,
  };
  const data = choices(options, chosen, variable.has_all, t("all"));
  if (variable.kind === "text")
    return <TextVariable {...shared} value={chosen[0] ?? ""} onChoose={props.onChoose} />;
  if (!variable.is_multi)
    return (
      <Select
        {...shared}
        searchable
        allowDeselect={false}
        data={data}
        value={chosen[0] ?? null}
        onChange={(value) => props.onChoose(value === null ? [] : [value])}
        w={150}
      />
    );
  return (
    <MultiSelect
      {...shared}
      searchable
      hidePickedOptions
      data={data}
      value={[...chosen]}
      onChange={(values) => props.onChoose(withoutContradiction(values, chosen, variable.has_all))}
      maxDropdownHeight={320}
      className={classes.multi}
    />
  );
}

function TextVariable(props: {
  label: string;
  "aria-label": string;
  error: string | undefined;
  value: string;
  onChoose: (values: readonly string[]) => void;
}) {
  const { onChoose, value, ...shared } = props;
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const apply = () => text !== value && onChoose([text]);
  return (
    <TextInput
      {...shared}
      size="xs"
      value={text}
      w={150}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={apply}
      onKeyDown={(event) => event.key === "Enter" && apply()}
    />
  );
}

function choices(options: readonly string[], chosen: readonly string[], hasAll: boolean, all: string) {
  const known = [...new Set([...options, ...chosen])].filter((value) => value !== ALL && value !== "");
  const listed = known.map((value) => ({ value, label: value }));
  return hasAll || chosen.includes(ALL) ? [{ value: ALL, label: all }, ...listed] : listed;
}

/** All and one are not chosen at once; nothing is all, where that may be. */
function withoutContradiction(
  values: readonly string[],
  before: readonly string[],
  hasAll: boolean,
): readonly string[] {
  if (values.includes(ALL) && !before.includes(ALL)) return [ALL];
  const rest = values.filter((value) => value !== ALL);
  if (rest.length > 0) return rest;
  return hasAll ? [ALL] : before;
}
