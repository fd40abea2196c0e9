import { expect, test } from "vitest";
import { csvText } from "./csv";

test("cells are quoted where they must be, and never run as formulas", () => {
  const text = csvText(
    ["name", "usd"],
    [
      ['a,"b"', 1.5],
      ["=1+1", -2],
      ["@x", null],
    ],
  );
  expect(text).toBe('name,usd\r\n"a,""b""",1.5\r\n\'=1+1,-2\r\n\'@x,\r\n');
});
