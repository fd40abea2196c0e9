import { expect, it } from "vitest";
import { filterTerm, openField } from "./traceFilter";

it.each([
  ["user_id", "u1", "user_id:u1"],
  ["feature", "ask docs", 'feature:"ask docs"'],
  ["tags", 'a "b" \\ *', 'tags:"a \\"b\\" \\\\ \\*"'],
  ["status", "or", 'status:"or"'],
  ["attributes.n", 3, "attributes.n:3"],
  ["attributes.flag", true, "attributes.flag:true"],
  ["session_id", "a:b", 'session_id:"a:b"'],
  ["name", "", 'name:""'],
])("writes %s of %j as %s", (field, value, expected) => {
  expect(filterTerm(field, value)).toBe(expected);
});

it("quotes attribute keys that are no plain words", () => {
  expect(openField("attributes", "http.route")).toBe("attributes.http.route");
  expect(openField("resource", "a b")).toBe('resource."a b"');
});
