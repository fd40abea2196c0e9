import { describe, expect, test } from "vitest";
import type { Field } from "../api/types";
import { complete, completionSpot, suggestChoices, suggestFields, suggestValues } from "./filterCompletion";

const field = (name: string, type: Field["type"] = "text"): Field => ({
  name,
  aliases: [],
  choices: [],
  type,
  unit: null,
  description: `about ${name}`,
  operators: [":"],
  example: "",
  is_facet: true,
});

/** The caret is where the bar stands. */
const at = (text: string) => completionSpot(text.replace("|", ""), text.indexOf("|"));

describe("where the caret stands", () => {
  test.each([
    ["|", { kind: "field", prefix: "", start: 0, end: 0 }],
    ["sta|", { kind: "field", prefix: "sta", start: 0, end: 3 }],
    ["-sta|", { kind: "field", prefix: "sta", start: 1, end: 4 }],
    ["a (sta|", { kind: "field", prefix: "sta", start: 3, end: 6 }],
    ["status:|", { kind: "value", field: "status", prefix: "", start: 7, end: 7 }],
    ["x -status:er|", { kind: "value", field: "status", prefix: "er", start: 10, end: 12 }],
    ['name:"two wo|', { kind: "value", field: "name", prefix: "two wo", start: 5, end: 12 }],
    ["model:(a or b|", { kind: "value", field: "model", prefix: "b", start: 12, end: 13 }],
    [
      "attributes.http.route:/a|",
      { kind: "value", field: "attributes.http.route", prefix: "/a", start: 22, end: 24 },
    ],
    ['"free te|', null],
  ])("%s", (text, expected) => {
    expect(at(text)).toEqual(expected);
  });
});

test("fields that begin with what was typed come first", () => {
  const found = suggestFields([field("error_type"), field("type"), field("status")], "type", 10);
  expect(found.map((suggestion) => suggestion.label)).toEqual(["type", "error_type"]);
});

test("a number asks to be compared, a family for its key", () => {
  const found = suggestFields([field("cost", "money"), field("metadata."), field("name")], "", 10);
  expect(found.map((suggestion) => suggestion.insert)).toEqual(["cost>", "metadata.", "name:"]);
});

test("taking a value replaces the word and goes on behind it", () => {
  const spot = at("x status:er|");
  const [error] = suggestValues([{ value: "error", count: 3 }]);
  if (!spot || !error) throw new Error("nothing to complete");
  expect(complete("x status:er", spot, error)).toEqual({ filter: "x status:error ", caret: 15 });
});

test("a value with blanks is quoted", () => {
  expect(suggestValues([{ value: "rag api", count: 1 }])[0]?.insert).toBe('"rag api"');
});

test("a field is found by its other name", () => {
  const user = { ...field("user_id"), aliases: ["user"] };
  expect(suggestFields([field("x_user"), user], "user", 9).map((one) => one.label)).toEqual([
    "user_id",
    "x_user",
  ]);
});

test("values that occur come before those that may", () => {
  const status = { ...field("status", "enum"), choices: ["ok", "error"] };
  const found = suggestValues([{ value: "error", count: 2 }]);
  expect(suggestChoices(status, found).map((one) => one.label)).toEqual(["error", "ok"]);
  expect(suggestChoices(field("streaming", "bool"), []).map((one) => one.label)).toEqual(["true", "false"]);
});
