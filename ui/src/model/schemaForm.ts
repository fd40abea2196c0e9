/** A form's fields out of the JSON schema that pydantic writes for options. What has no field of its own is JSON. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type JsonSchema = {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  enum?: Json[];
  const?: Json;
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  maxLength?: number;
  format?: string;
  examples?: Json[];
};

export type FieldKind = "text" | "long" | "number" | "integer" | "switch" | "choice" | "words" | "json";

export type FormField = {
  name: string;
  label: string;
  hint: string;
  kind: FieldKind;
  choices: string[];
  minimum: number | undefined;
  maximum: number | undefined;
  /** Absent is null, which the field may be. */
  isNullable: boolean;
  isRequired: boolean;
  example: string;
};

/** Texts longer than this are written in an area of several lines. */
const LONG_TEXT = 500;

export function fieldsOf(schema: JsonSchema): FormField[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const isNullable = (property.anyOf ?? []).some((one) => one.type === "null");
    const plain = plainOf(property, schema.$defs ?? {});
    return {
      name,
      label: property.title ?? name,
      hint: property.description ?? plain.description ?? "",
      kind: kindOf(plain),
      choices: choicesOf(plain),
      minimum: plain.minimum ?? plain.exclusiveMinimum,
      maximum: plain.maximum ?? plain.exclusiveMaximum,
      isNullable,
      isRequired: required.has(name),
      example: exampleOf(property, plain),
    };
  });
}

export function defaultsOf(schema: JsonSchema): JsonObject {
  const given = Object.entries(schema.properties ?? {}).filter(
    ([, property]) => property.default !== undefined,
  );
  return Object.fromEntries(given.map(([name, property]) => [name, property.default as Json]));
}

/** The only alternative that is not null, references followed. */
function plainOf(property: JsonSchema, definitions: Record<string, JsonSchema>): JsonSchema {
  const followed = (one: JsonSchema) =>
    one.$ref === undefined ? one : (definitions[one.$ref.split("/").at(-1) ?? ""] ?? {});
  const own = followed(property);
  const others = (own.anyOf ?? []).filter((one) => one.type !== "null");
  const [only] = others;
  if (only !== undefined && others.length === 1) return { ...own, ...followed(only) };
  return others.length > 1 ? {} : own;
}

function kindOf(plain: JsonSchema): FieldKind {
  if (plain.enum?.every((one) => typeof one === "string")) return "choice";
  if (plain.type === "boolean") return "switch";
  if (plain.type === "integer") return "integer";
  if (plain.type === "number") return "number";
  if (plain.type === "string") return isLong(plain) ? "long" : "text";
  if (plain.type === "array" && plain.items?.type === "string") return "words";
  return "json";
}

function isLong(plain: JsonSchema): boolean {
  return plain.format === "textarea" || plain.format === "multi-line" || (plain.maxLength ?? 0) > LONG_TEXT;
}

function choicesOf(plain: JsonSchema): string[] {
  return (plain.enum ?? []).filter((one): one is string => typeof one === "string");
}

function exampleOf(property: JsonSchema, plain: JsonSchema): string {
  const example = (property.examples ?? plain.examples)?.[0];
  if (example === undefined || example === null) return "";
  return typeof example === "string" ? example : JSON.stringify(example);
}

/** What a text field that holds JSON says; null where it is none. An empty field is absent. */
export function parseJsonField(text: string): { value: Json | undefined } | null {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return null;
  }
}

/** With the field changed; what is absent is left out, so that the server's default applies. */
export function withField(values: JsonObject, name: string, value: Json | undefined): JsonObject {
  const { [name]: _, ...others } = values;
  return value === undefined ? others : { ...values, [name]: value };
}
