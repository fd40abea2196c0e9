import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { explainWarning } from "./warnings";

const page = readFileSync("../docs/warnings.md", "utf8");
const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? "");

it("explains every word of docs/warnings.md in both languages", () => {
  expect(documented.length).toBeGreaterThan(5);
  for (const word of documented) {
    expect(explainWarning(word, "en"), word).not.toBe("");
    expect(explainWarning(word, "ko"), word).not.toBe("");
  }
});
