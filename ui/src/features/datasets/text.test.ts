import { expect, test } from "vitest";
import { fromText, toLine, toText } from "./text";

test.each([["plain"], ["[not json"], ['"quoted"'], [{ q: [1, "두"] }], [[1, 2]], [null], ["007"]])(
  "%j is typed as it is read",
  (value) => {
    expect(fromText(toText(value))).toEqual({ value });
  },
);

test("numbers and booleans become text when they are typed", () => {
  expect(fromText("7")).toEqual({ value: "7" });
  expect(fromText(" ")).toEqual({ value: null });
});

test("what begins like JSON has to be JSON", () => {
  expect(fromText('{"a": ')).toBeNull();
});

test("a line is cut", () => {
  expect(toLine({ a: 1 })).toBe('{"a":1}');
  expect(toLine("xxxx", 2)).toBe("xx …");
  expect(toLine(null)).toBe("");
});
