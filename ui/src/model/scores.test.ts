import { describe, expect, it } from "vitest";
import type { Score } from "../api/types";
import { draftValue, formatScore, namesOf, typeOfName } from "./scores";

const words = { yes: "yes", no: "no" };
const score = (name: string, data_type: Score["data_type"]) => ({ name, data_type }) as Score;

describe("a score's value", () => {
  it("is short enough to compare by eye", () => {
    expect([0.8, 2 / 3, 3, 12_500, 0, 0.0004, -1.5].map((value) => formatScore(value, words))).toEqual([
      "0.8",
      "0.667",
      "3",
      "12,500",
      "0",
      "0.00040",
      "-1.5",
    ]);
    expect([true, false, "kind"].map((value) => formatScore(value, words))).toEqual(["yes", "no", "kind"]);
  });

  it("is read from what was typed", () => {
    const typed = (type: "numeric" | "boolean" | "categorical", text: string) =>
      draftValue({ name: "quality", type, text, comment: "" });
    expect(typed("numeric", " 0.5 ")).toBe(0.5);
    expect(typed("numeric", "0,5")).toBe(0.5);
    expect(typed("numeric", "good")).toBeNull();
    expect(typed("numeric", "")).toBeNull();
    expect(typed("boolean", "false")).toBe(false);
    expect(typed("categorical", "good ")).toBe("good");
  });
});

describe("names of scores", () => {
  const scores = [score("tone", "text"), score("quality", "boolean"), score("quality", "numeric")];

  it("are offered once, in order", () => {
    expect(namesOf(scores)).toEqual(["quality", "tone"]);
  });

  it("keep the type they had last, where a person can give it", () => {
    expect(typeOfName(scores, "quality")).toBe("numeric");
    expect(typeOfName(scores, "tone")).toBeNull();
    expect(typeOfName(scores, "new")).toBeNull();
  });
});
