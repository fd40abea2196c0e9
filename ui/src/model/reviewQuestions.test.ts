import { describe, expect, it } from "vitest";
import type { AskedScore } from "../api/queues";
import { answerByKey, nextOpen, questionsOf, typedNumber } from "./reviewQuestions";

const WORDS = { yes: "Yes", no: "No" };

function asked(fields: Partial<AskedScore>): AskedScore {
  return {
    id: fields.name ?? "s",
    name: "s",
    data_type: "numeric",
    min_value: null,
    max_value: null,
    categories: [],
    description: null,
    ...fields,
  };
}

function keysOf(score: AskedScore): string[] {
  return questionsOf([score], WORDS)[0]?.choices.map(({ key, label }) => `${key}=${label}`) ?? [];
}

describe("the keys of a question", () => {
  it("are the digits of a short scale", () => {
    expect(keysOf(asked({ min_value: 1, max_value: 5 }))).toEqual(["1=1", "2=2", "3=3", "4=4", "5=5"]);
    expect(keysOf(asked({ min_value: 0, max_value: 3 }))).toEqual(["0=0", "1=1", "2=2", "3=3"]);
    expect(keysOf(asked({ min_value: 1, max_value: 10 })).at(-1)).toBe("0=10");
  });

  it("are quarters of a share", () => {
    expect(keysOf(asked({ min_value: 0, max_value: 1 }))).toEqual([
      "1=0",
      "2=0.25",
      "3=0.5",
      "4=0.75",
      "5=1",
    ]);
  });

  it("are none where the answer is typed", () => {
    expect(keysOf(asked({}))).toEqual([]);
    expect(keysOf(asked({ min_value: 0, max_value: 100 }))).toEqual([]);
    expect(keysOf(asked({ data_type: "text" }))).toEqual([]);
  });

  it("are y and n for a boolean", () => {
    expect(keysOf(asked({ data_type: "boolean" }))).toEqual(["y=Yes", "n=No"]);
  });

  it("are letters of categories that the page does not need itself, else digits", () => {
    const categories = ["good", "great", "correct", "Nun", "좋음"].map((label, value) => ({ label, value }));
    expect(keysOf(asked({ data_type: "categorical", categories }))).toEqual([
      "g=good",
      "r=great",
      "o=correct",
      "4=Nun",
      "5=좋음",
    ]);
  });
});

describe("answering", () => {
  const questions = questionsOf(
    [
      asked({ name: "grade", min_value: 1, max_value: 5 }),
      asked({ name: "safe", data_type: "boolean" }),
      asked({ name: "note", data_type: "text" }),
      asked({ name: "second", min_value: 1, max_value: 3 }),
    ],
    WORDS,
  );

  it("goes to the question that is looked at, else to the next that knows the key", () => {
    expect(answerByKey(questions, 0, "3")).toEqual({ place: 0, value: 3 });
    expect(answerByKey(questions, 3, "3")).toEqual({ place: 3, value: 3 });
    expect(answerByKey(questions, 3, "5")).toEqual({ place: 0, value: 5 });
    expect(answerByKey(questions, 0, "y")).toEqual({ place: 1, value: true });
    expect(answerByKey(questions, 9, "n")).toEqual({ place: 1, value: false });
    expect(answerByKey(questions, 0, "9")).toBeNull();
    expect(answerByKey([], 0, "1")).toBeNull();
  });

  it("goes on with what lacks an answer and needs one", () => {
    expect(nextOpen(questions, { grade: 3 }, 0)).toBe(1);
    expect(nextOpen(questions, { grade: 3, safe: false }, 1)).toBe(3);
    expect(nextOpen(questions, { safe: false, second: 1 }, 3)).toBe(0);
    expect(nextOpen(questions, { grade: 1, safe: false, second: 1 }, 3)).toBeNull();
  });

  it("takes typed numbers within their range only", () => {
    const share = asked({ min_value: 0, max_value: 100 });
    expect(typedNumber("12,5", share)).toBe(12.5);
    for (const text of ["", " ", "x", "-1", "101", "Infinity"]) expect(typedNumber(text, share)).toBeNull();
    expect(typedNumber("-7", asked({}))).toBe(-7);
  });
});
