import { expect, test } from "vitest";
import type { RedactionPolicy } from "../../api/redaction";
import {
  choiceOf,
  commonChoice,
  fieldChoice,
  fieldsOf,
  isSamePolicy,
  piecesOf,
  withChoice,
  withFieldChoice,
  withFields,
} from "./policy";

const NONE: RedactionPolicy = {
  detectors: [],
  patterns: [],
  keys: [],
  fields: [],
  stores_content: true,
  stores_media: true,
};

test("a detector is set, moved and taken away", () => {
  const masked = withChoice(NONE, ["email", "phone"], "mask");
  expect(choiceOf(masked, "email")).toBe("mask");
  expect(commonChoice(masked, ["email", "phone"])).toBe("mask");
  const mixed = withChoice(masked, ["phone"], "hash");
  expect(commonChoice(mixed, ["email", "phone"])).toBeNull();
  expect(withChoice(mixed, ["email", "phone"], "keep")).toEqual(NONE);
});

test("another action keeps the fields", () => {
  const somewhere = withFields(withChoice(NONE, ["email"], "mask"), "email", ["input"]);
  expect(fieldsOf(withChoice(somewhere, ["email"], "hash"), "email")).toEqual(["input"]);
});

test("a whole field is dropped, hashed and kept again", () => {
  const dropped = withFieldChoice(NONE, "user_id", "drop");
  expect(fieldChoice(dropped, "user_id")).toBe("drop");
  expect(withFieldChoice(dropped, "user_id", "hash").fields).toEqual([{ field: "user_id", action: "hash" }]);
  expect(withFieldChoice(dropped, "user_id", "keep")).toEqual(NONE);
});

test("the order in which rules were chosen makes no change", () => {
  const one = withChoice(withChoice(NONE, ["email"], "mask"), ["phone"], "mask");
  const other = withChoice(withChoice(NONE, ["phone"], "mask"), ["email"], "mask");
  expect(isSamePolicy(one, other)).toBe(true);
  expect(isSamePolicy(one, NONE)).toBe(false);
});

test("a text with emoji is cut where the server counted", () => {
  const pieces = piecesOf("🙂 a@b.co!", [{ detector: "email", start: 2, end: 8 }]);
  expect(pieces).toEqual([
    { text: "🙂 ", detector: null },
    { text: "a@b.co", detector: "email" },
    { text: "!", detector: null },
  ]);
});
