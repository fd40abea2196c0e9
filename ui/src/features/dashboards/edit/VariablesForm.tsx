import { ActionIcon, Button, Group, Select, Switch, TagsInput, TextInput, Tooltip } from "@mantine/core";
import { ArrowUp, Plus, Trash2 } from "lucide-react";
import { ALL, newVariable, type Target, type Variable } from "../../../model/dashboards/document";
import { useDashboardStrings } from "../strings";
import classes from "./edit.module.css";
import { useFieldNames } from "./useFieldNames";

type VariablesProps = { variables: Variable[]; onChange: (variables: Variable[]) => void };

/** The dashboard's variables, in the order in which they may use one another. */
export function VariablesForm({ variables, onChange }: VariablesProps) {
  const t = useDashboardStrings();
  const set = (at: number, variable: Variable | null) =>
    onChange(variables.flatMap((one, place) => (place !== at ? [one] : variable === null ? [] : [variable])));
  const moveUp = (at: number) => {
    const next = [...variables];
    const [moved] = next.splice(at, 1);
    if (moved !== undefined) next.splice(at - 1, 0, moved);
    onChange(next);
  };
  return (
    <div>
      {variables.map((variable, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: names change while they are typed
        <fieldset key={at} className={classes.query}>
          <legend>${variable.name}</legend>
          <VariableForm variable={variable} onChange={(next) => set(at, next)} />
          <Group gap={4} justify="flex-end">
            {at > 0 && (
              <Tooltip label={t("moveUp")}>
                <ActionIcon aria-label={t("moveUp")} onClick={() => moveUp(at)}>
                  <ArrowUp size={14} />
                </ActionIcon>
              </Tooltip>
            )}
            <Tooltip label={t("remove")}>
              <ActionIcon aria-label={t("remove")} onClick={() => set(at, null)}>
                <Trash2 size={14} />
              </ActionIcon>
            </Tooltip>
          </Group>
        </fieldset>
      ))}
      <Button
        leftSection={<Plus size={14} />}
        onClick={() => onChange([...variables, newVariable("facet", freeName(variables))])}
      >
        {t("addVariable")}
      </Button>
    </div>
  );
}

function VariableForm(props: { variable: Variable; onChange: (variable: Variable) => void }) {
  const t = useDashboardStrings();
  const { variable, onChange } = props;
  return (
    <div className={classes.grid}>
      <TextInput
        label={t("variableName")}
        value={variable.name}
        error={/^[A-Za-z_]\w{0,63}$/.test(variable.name) ? null : "a–z 0–9 _"}
        onChange={(event) => onChange({ ...variable, name: event.currentTarget.value })}
      />
      <TextInput
        label={t("variableLabel")}
        value={variable.label}
        onChange={(event) => onChange({ ...variable, label: event.currentTarget.value })}
      />
      <Select
        label={t("variableKind")}
        allowDeselect={false}
        data={[
          { value: "facet", label: t("variableFacet") },
          { value: "label", label: t("variableLabelValues") },
          { value: "list", label: t("variableList") },
          { value: "text", label: t("variableText") },
        ]}
        value={variable.kind}
        onChange={(kind) =>
          onChange({
            ...newVariable((kind ?? "facet") as Variable["kind"], variable.name),
            label: variable.label,
          })
        }
      />
      <Source variable={variable} onChange={onChange} />
      {variable.kind !== "text" && (
        <div className={classes.wide}>
          <Group gap="md">
            <Switch
              label={t("multi")}
              checked={variable.is_multi}
              onChange={(event) => onChange({ ...variable, is_multi: event.currentTarget.checked })}
            />
            <Switch
              label={t("hasAll")}
              checked={variable.has_all}
              onChange={(event) => onChange(withAll(variable, event.currentTarget.checked))}
            />
          </Group>
        </div>
      )}
    </div>
  );
}

function Source(props: { variable: Variable; onChange: (variable: Variable) => void }) {
  const t = useDashboardStrings();
  const { variable, onChange } = props;
  const fields = useFieldNames(variable.kind === "facet" ? variable.target : "traces");
  switch (variable.kind) {
    case "facet":
      return (
        <>
          <Select
            label={t("target")}
            allowDeselect={false}
            data={[
              { value: "traces", label: t("traces") },
              { value: "spans", label: t("spans") },
              { value: "logs", label: t("logs") },
            ]}
            value={variable.target}
            onChange={(target) => onChange({ ...variable, target: (target ?? "traces") as Target })}
          />
          <Select
            label={t("field")}
            searchable
            allowDeselect={false}
            data={[...new Set([...fields.texts, ...fields.bools, variable.field])]}
            value={variable.field}
            onChange={(field) => onChange({ ...variable, field: field ?? variable.field })}
          />
          <TextInput
            label={t("filter")}
            value={variable.filter}
            onChange={(event) => onChange({ ...variable, filter: event.currentTarget.value })}
          />
        </>
      );
    case "label":
      return (
        <>
          <TextInput
            label={t("labelName")}
            value={variable.label_name}
            onChange={(event) => onChange({ ...variable, label_name: event.currentTarget.value })}
          />
          <TextInput
            label={t("match")}
            placeholder="llm_requests_total"
            value={variable.match}
            onChange={(event) => onChange({ ...variable, match: event.currentTarget.value })}
          />
        </>
      );
    case "list":
      return (
        <div className={classes.wide}>
          <TagsInput
            label={t("values")}
            value={variable.values}
            onChange={(values) => onChange({ ...variable, values })}
          />
        </div>
      );
    case "text":
      return (
        <TextInput
          label={t("defaultValue")}
          value={variable.default[0] ?? ""}
          onChange={(event) => onChange({ ...variable, default: [event.currentTarget.value] })}
        />
      );
  }
}

/** Where all may be chosen it is what is chosen at first. */
function withAll(variable: Variable, has_all: boolean): Variable {
  const others = variable.default.filter((value) => value !== ALL);
  return { ...variable, has_all, default: has_all ? [ALL] : others };
}

function freeName(variables: readonly Variable[]): string {
  const taken = new Set(variables.map((variable) => variable.name));
  let number = 1;
  while (taken.has(`variable_${number}`)) number += 1;
  return `variable_${number}`;
}
