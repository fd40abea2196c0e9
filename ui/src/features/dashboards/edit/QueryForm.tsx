import {
  ActionIcon,
  NumberInput,
  SegmentedControl,
  Select,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { ApiError } from "../../../api/client";
import {
  type AggregateQuery,
  newQuery,
  type PanelQuery,
  type Target,
} from "../../../model/dashboards/document";
import { useDashboardStrings } from "../strings";
import classes from "./edit.module.css";
import { useFieldNames } from "./useFieldNames";

/** What is typed counts after a short rest, or each letter would be a query. */
const REST_MS = 500;
const MONO = { input: { fontFamily: "var(--mantine-font-family-monospace)" } };
const FUNCTIONS = ["sum", "avg", "min", "max", "p50", "p90", "p95", "p99"];

type FormProps = {
  number: number;
  query: PanelQuery;
  variables: readonly string[];
  error: Error | null;
  onChange: (query: PanelQuery) => void;
  onRemove: (() => void) | null;
};

/** One query in the language of its kind; what is wrong with it is said below. */
export function QueryForm(props: FormProps) {
  const t = useDashboardStrings();
  const { query, error } = props;
  return (
    <fieldset className={classes.query}>
      <legend>{t("query", { number: props.number })}</legend>
      <div className={classes.queryHead}>
        <SegmentedControl
          size="xs"
          aria-label={t("language")}
          value={query.kind}
          onChange={(kind) => props.onChange(newQuery(kind as PanelQuery["kind"]))}
          data={[
            { value: "promql", label: t("languagePromql") },
            { value: "aggregate", label: t("languageAggregate") },
            { value: "sql", label: t("languageSql") },
          ]}
        />
        {props.onRemove !== null && (
          <ActionIcon aria-label={t("removeQuery")} onClick={props.onRemove}>
            <Trash2 size={14} />
          </ActionIcon>
        )}
      </div>
      {query.kind === "promql" && (
        <LateText
          label={t("expression")}
          placeholder={t("expressionHint")}
          value={query.expr}
          isLong
          onChange={(expr) => props.onChange({ ...query, expr })}
        />
      )}
      {query.kind === "sql" && (
        <LateText
          label={t("sqlText")}
          placeholder={t("sqlHint")}
          value={query.query}
          isLong
          onChange={(text) => props.onChange({ ...query, query: text })}
        />
      )}
      {query.kind === "aggregate" && <AggregateForm query={query} onChange={props.onChange} />}
      <LateText
        label={t("legendTemplate")}
        placeholder={t("legendHint")}
        value={query.legend}
        onChange={(legend) => props.onChange({ ...query, legend })}
      />
      {error !== null && (
        <p className={classes.error} role="alert">
          {error.message}
          {error instanceof ApiError && error.problem.hint && (
            <span className="muted"> {error.problem.hint}</span>
          )}
        </p>
      )}
    </fieldset>
  );
}

function AggregateForm(props: { query: AggregateQuery; onChange: (query: PanelQuery) => void }) {
  const t = useDashboardStrings();
  const { query } = props;
  const change = (part: Partial<AggregateQuery>) => props.onChange({ ...query, ...part });
  const fields = useFieldNames(query.target);
  const measures = [
    "count()",
    ...fields.numbers.flatMap((field) => FUNCTIONS.map((one) => `${one}(${field})`)),
  ];
  const others = ["share(status)", ...fields.bools.map((field) => `share(${field})`)];
  return (
    <div className={classes.grid}>
      <Select
        label={t("target")}
        allowDeselect={false}
        data={[
          { value: "traces", label: t("traces") },
          { value: "spans", label: t("spans") },
          { value: "logs", label: t("logs") },
        ]}
        value={query.target}
        onChange={(target) => change({ target: (target ?? "spans") as Target })}
      />
      <TagsInput
        label={t("measures")}
        placeholder={query.measures.length === 0 ? t("measuresHint") : ""}
        data={[...measures, ...others, ...fields.texts.map((field) => `uniq(${field})`)]}
        value={query.measures}
        onChange={(given) => change({ measures: given.length === 0 ? ["count()"] : given })}
        splitChars={[" "]}
        maxTags={10}
        comboboxProps={{ withinPortal: true }}
        limit={60}
      />
      <TagsInput
        label={t("groupBy")}
        placeholder={query.group_by.length === 0 ? t("groupByHint") : ""}
        data={[...fields.texts, ...fields.bools, ...fields.numbers]}
        value={query.group_by}
        onChange={(group_by) => change({ group_by })}
        splitChars={[" ", ","]}
        maxTags={5}
      />
      <NumberInput
        label={t("limit")}
        min={1}
        max={1000}
        value={query.limit}
        onChange={(limit) => change({ limit: Math.min(1000, Math.max(1, Number(limit) || 1)) })}
      />
      <div className={classes.wide}>
        <LateText
          label={t("filter")}
          placeholder="kind:llm model:$model"
          value={query.filter}
          onChange={(filter) => change({ filter })}
        />
      </div>
    </div>
  );
}

/** A text that is told when it rests. */
function LateText(props: {
  label: string;
  placeholder: string;
  value: string;
  isLong?: boolean;
  onChange: (text: string) => void;
}) {
  const { value, onChange } = props;
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the rest
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const shared = {
    label: props.label,
    placeholder: props.placeholder,
    value: text,
    styles: MONO,
    spellCheck: false,
    onBlur: () => text !== value && onChange(text),
  };
  return props.isLong ? (
    <Textarea
      {...shared}
      autosize
      minRows={2}
      maxRows={12}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  ) : (
    <TextInput {...shared} onChange={(event) => setText(event.currentTarget.value)} />
  );
}
