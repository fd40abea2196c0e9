import { NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import {
  type FormField,
  fieldsOf,
  type Json,
  type JsonObject,
  type JsonSchema,
  withField,
} from "../../model/schemaForm";
import { JsonField } from "./JsonField";

type SchemaFormProps = {
  schema: JsonSchema;
  value: JsonObject;
  onChange: (value: JsonObject) => void;
  /** Fields that the page asks for in its own way. */
  without?: readonly string[];
  /** Present where only these are asked for. */
  only?: readonly string[];
};

/** Fields for what a JSON schema describes. */
export function SchemaForm(props: SchemaFormProps) {
  const { value, onChange, without = [], only } = props;
  return fieldsOf(props.schema)
    .filter((field) => !without.includes(field.name) && (only?.includes(field.name) ?? true))
    .map((field) => (
      <Field
        key={field.name}
        field={field}
        value={value[field.name]}
        onChange={(next) => onChange(withField(value, field.name, next))}
      />
    ));
}

type FieldProps = { field: FormField; value: Json | undefined; onChange: (value: Json | undefined) => void };

function Field(props: FieldProps) {
  const { field, value, onChange } = props;
  const empty = field.isNullable ? null : undefined;
  const shared = {
    label: field.label,
    description: field.hint,
    required: field.isRequired,
    placeholder: field.example,
  };
  const setText = (text: string) => onChange(text === "" && !field.isRequired ? empty : text);
  if (field.kind === "switch")
    return (
      <Switch
        label={field.label}
        description={field.hint}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  if (field.kind === "choice")
    return (
      <Select
        {...shared}
        allowDeselect={field.isNullable}
        clearable={field.isNullable}
        value={typeof value === "string" ? value : null}
        onChange={(choice) => onChange(choice ?? empty)}
        data={field.choices}
      />
    );
  if (field.kind === "number" || field.kind === "integer")
    return (
      <NumberInput
        {...shared}
        allowDecimal={field.kind === "number"}
        {...(field.minimum !== undefined && { min: field.minimum })}
        {...(field.maximum !== undefined && { max: field.maximum })}
        value={typeof value === "number" ? value : ""}
        onChange={(number) => onChange(number === "" ? empty : Number(number))}
      />
    );
  if (field.kind === "words")
    return (
      <TagsInput
        {...shared}
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={(words) => onChange(words)}
      />
    );
  if (field.kind === "long")
    return (
      <Textarea
        {...shared}
        autosize
        minRows={4}
        maxRows={20}
        value={typeof value === "string" ? value : ""}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    );
  if (field.kind === "text")
    return (
      <TextInput
        {...shared}
        value={typeof value === "string" ? value : ""}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    );
  return <JsonField {...shared} value={value} onChange={onChange} />;
}
