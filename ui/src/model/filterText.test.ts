import { describe, expect, test } from "vitest";
import { choicesOf, cutPieces, quoteValue, toggleValue, withoutField } from "./filterText";

describe("cutting a filter into pieces", () => {
  test.each([
    ["", []],
    ["  a  b ", ["a", "b"]],
    ['status:error "refund policy" x', ["status:error", '"refund policy"', "x"]],
    ["model:(a or b) c", ["model:(a or b)", "c"]],
    ['name:"a ) \\" b" c', ['name:"a ) \\" b"', "c"]],
    ["(a or (b c", ["(a or (b c"]],
  ])("%s", (filter, expected) => {
    expect(cutPieces(filter).map((piece) => piece.text)).toEqual(expected);
  });
});

describe("quoting a value", () => {
  test.each([
    ["gpt-4o", "gpt-4o"],
    ["1.4.2", "1.4.2"],
    ["환불", "환불"],
    ["two words", '"two words"'],
    ['say "hi"', '"say \\"hi\\""'],
    ["or", '"or"'],
    ["a*", '"a\\*"'],
    ["C:\\x", '"C:\\\\x"'],
    ["-x", '"-x"'],
    ["", '""'],
  ])("%s", (value, expected) => {
    expect(quoteValue(value)).toBe(expected);
  });
});

describe("clicking values", () => {
  test("a first value is added at the end", () => {
    expect(toggleValue("refund", "status", "error", "include")).toBe("refund status:error");
  });
  test("a second value of the field joins the first", () => {
    expect(toggleValue("model:a", "model", "b", "include")).toBe("model:(a or b)");
  });
  test("a chosen value is taken back", () => {
    expect(toggleValue("model:(a or b) x", "model", "b", "include")).toBe("x model:a");
    expect(toggleValue("status:error", "status", "error", "include")).toBe("");
  });
  test("excluding an included value turns it round", () => {
    expect(toggleValue("status:error", "status", "error", "exclude")).toBe("-status:error");
  });
  test("what a person typed with or is kept together", () => {
    expect(toggleValue("a or b", "status", "error", "include")).toBe("(a or b) status:error");
  });
  test("terms with wildcards or comparisons are left alone", () => {
    expect(toggleValue("model:claude* cost>1", "model", "x", "include")).toBe("model:claude* cost>1 model:x");
  });
  test("values with blanks come back from their quotes", () => {
    const filter = toggleValue("", "name", 'the "big" one', "include");
    expect(filter).toBe('name:"the \\"big\\" one"');
    expect(choicesOf(filter, "name").include).toEqual(new Set(['the "big" one']));
  });
  test("stars and backslashes in a value mean themselves", () => {
    for (const value of ["2*3", "C:\\dir", 'a\\"b']) {
      expect(choicesOf(toggleValue("", "name", value, "include"), "name").include).toEqual(new Set([value]));
    }
  });
  test("toggling twice gives the filter back", () => {
    for (const filter of ["", "a", "status:ok", "x (a or b)"]) {
      const once = toggleValue(filter, "service", "rag api", "exclude");
      expect(toggleValue(once, "service", "rag api", "exclude")).toBe(filter);
    }
  });
});

test("a field's own terms are left out when its values are counted", () => {
  expect(withoutField("status:error model:(a or b) -status:ok x", "status")).toBe("model:(a or b) x");
});
