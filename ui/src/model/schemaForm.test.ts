import { expect, test } from "vitest";
import { defaultsOf, fieldsOf, type JsonSchema, parseJsonField, withField } from "./schemaForm";

const SCHEMA: JsonSchema = {
  $defs: { Unit: { enum: ["characters", "words"], type: "string" } },
  properties: {
    pattern: { type: "string", title: "Pattern", description: "RE2", maxLength: 200, examples: ["sorry"] },
    rubric: { type: "string", maxLength: 20_000 },
    unit: { $ref: "#/$defs/Unit", default: "words" },
    least: { anyOf: [{ type: "integer", minimum: 0 }, { type: "null" }], default: null, title: "Least" },
    share: { type: "number", minimum: 0, maximum: 1, default: 0.5 },
    strict: { type: "boolean", default: false },
    languages: { type: "array", items: { type: "string" } },
    schema: { type: "object" },
    either: { anyOf: [{ type: "integer" }, { type: "string" }] },
  },
  required: ["pattern"],
};

test("each option has the field of its type", () => {
  expect(fieldsOf(SCHEMA).map(({ name, kind }) => [name, kind])).toEqual([
    ["pattern", "text"],
    ["rubric", "long"],
    ["unit", "choice"],
    ["least", "integer"],
    ["share", "number"],
    ["strict", "switch"],
    ["languages", "words"],
    ["schema", "json"],
    ["either", "json"],
  ]);
});

test("labels, hints, bounds and what may be absent come from the schema", () => {
  const [pattern, , unit, least, share] = fieldsOf(SCHEMA);
  expect(pattern).toMatchObject({ label: "Pattern", hint: "RE2", isRequired: true, example: "sorry" });
  expect(unit?.choices).toEqual(["characters", "words"]);
  expect(least).toMatchObject({ isNullable: true, minimum: 0, isRequired: false });
  expect(share).toMatchObject({ minimum: 0, maximum: 1 });
});

test("defaults are what the schema gives", () => {
  expect(defaultsOf(SCHEMA)).toEqual({ unit: "words", least: null, share: 0.5, strict: false });
});

test("an empty JSON field is absent and a broken one is known", () => {
  expect(parseJsonField(" ")).toEqual({ value: undefined });
  expect(parseJsonField('{"a": 1}')).toEqual({ value: { a: 1 } });
  expect(parseJsonField("{a")).toBeNull();
});

test("an absent value leaves the option to the server", () => {
  expect(withField({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
  expect(withField({ a: 1 }, "b", "x")).toEqual({ a: 1, b: "x" });
});
