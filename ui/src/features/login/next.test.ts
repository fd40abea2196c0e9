import { expect, test } from "vitest";
import { ownPath, tokenOf } from "./next";

test.each(["/traces?filter=status:error", "/", "/alerts/rules#x", "/loginish"])(
  "%s is a page of this app",
  (path) => {
    expect(ownPath(path)).toBe(path);
  },
);

test.each([
  undefined,
  "",
  "https://evil.example",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "javascript:alert(1)",
  "traces",
  "/login?next=/login",
  "/setup",
])("%s leads to the start page", (path) => {
  expect(ownPath(path)).toBe("/");
});

test("a token is read from the fragment", () => {
  expect(tokenOf("#token=a-b_c")).toBe("a-b_c");
  expect(tokenOf("token=x")).toBe("x");
  expect(tokenOf("")).toBe("");
});
