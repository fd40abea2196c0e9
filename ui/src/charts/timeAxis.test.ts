import { expect, test } from "vitest";
import { timeLabels } from "./timeAxis";

const at = (day: number, hour: number, minute = 0, second = 0) =>
  new Date(2026, 10, day, hour, minute, second).getTime();

test("hours show the clock, and midnight shows the new day", () => {
  expect(timeLabels([at(22, 18), at(23, 0), at(23, 6)], 6 * 3_600_000)).toEqual(["18:00", "11-23", "06:00"]);
});

test("days show dates", () => {
  expect(timeLabels([at(22, 0), at(23, 0)], 86_400_000)).toEqual(["11-22", "11-23"]);
});

test("steps below a minute show seconds", () => {
  expect(timeLabels([at(22, 9, 5, 0), at(22, 9, 5, 30)], 30_000)).toEqual(["09:05:00", "09:05:30"]);
});
