import { expect, it } from "vitest";
import { firstSpan, isSpan, spanOf } from "./times";

const NOW = Date.parse("2026-03-01T12:00:00Z");

it("lasts two hours from now when nobody says otherwise", () => {
  expect(spanOf(firstSpan({}, NOW), {}, NOW)).toEqual({
    starts_at: "2026-03-01T12:00:00.000Z",
    ends_at: "2026-03-01T14:00:00.000Z",
  });
});

it("keeps the times of one that is changed, and gives it another end from now", () => {
  const given = { startsAt: "2026-03-01T10:00:00Z", endsAt: "2026-03-01T13:00:00Z" };
  const kept = firstSpan(given, NOW);
  expect(spanOf(kept, given, NOW)).toEqual({ starts_at: given.startsAt, ends_at: given.endsAt });
  expect(spanOf({ ...kept, length: "h1" }, given, NOW)).toEqual({
    starts_at: given.startsAt,
    ends_at: "2026-03-01T13:00:00.000Z",
  });
});

it("counts from the beginning of one that begins later", () => {
  const given = { startsAt: "2026-03-02T00:00:00.000Z", endsAt: "2026-03-02T01:00:00Z" };
  const longer = { ...firstSpan(given, NOW), length: "h8" as const };
  expect(spanOf(longer, given, NOW).ends_at).toBe("2026-03-02T08:00:00.000Z");
});

it("takes times written by hand in the reader's time zone", () => {
  const times = { length: "custom" as const, from: "2026-03-05T02:00", until: "2026-03-05T04:30" };
  expect(spanOf(times, {}, NOW)).toEqual({
    starts_at: new Date("2026-03-05T02:00").toISOString(),
    ends_at: new Date("2026-03-05T04:30").toISOString(),
  });
  expect(isSpan(times)).toBe(true);
  expect(isSpan({ ...times, until: "2026-03-05T02:00" })).toBe(false);
  expect(isSpan({ ...times, until: "" })).toBe(false);
});
