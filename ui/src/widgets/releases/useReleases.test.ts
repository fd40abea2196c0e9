import { describe, expect, it } from "vitest";
import type { Release } from "../../api/signals";
import { releaseMarks } from "./useReleases";

function release(name: string, service: string, time: string): Release {
  return {
    release: name,
    service,
    environment: "prod",
    first_seen: `2026-11-24T${time}Z`,
    last_seen: "2026-11-24T12:00:00Z",
    is_new: true,
    trace_count: 10,
    error_rate: 0,
    trace_count_before: 10,
    error_rate_before: 0,
  };
}

describe("marks of releases", () => {
  it("draws one line where several services got a release, at its earliest", () => {
    const marks = releaseMarks([
      release("1.1", "web", "10:05:00"),
      release("1.1", "api", "10:00:00"),
      release("1.0", "api", "08:00:00"),
    ]);
    expect(marks.map((mark) => [mark.label, new Date(mark.timeMs).toISOString().slice(11, 16)])).toEqual([
      ["1.1 · api, web", "10:00"],
      ["1.0 · api", "08:00"],
    ]);
  });
});
