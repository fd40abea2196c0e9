import { describe, expect, it } from "vitest";
import { changeScope, comparedRange, parseScopeSearch } from "./scopeSearch";

const NOW = Date.parse("2026-11-24T12:00:00Z");

describe("a page's scope in its URL", () => {
  it("keeps what is known and drops what is the default or unreadable", () => {
    const raw = {
      from: "now-1h",
      to: "",
      filter: "status:error",
      compare: "previous",
      refresh: "7s",
      tab: "x",
    };
    expect(parseScopeSearch(raw)).toEqual({ from: "now-1h", filter: "status:error" });
    expect(parseScopeSearch({ compare: "week", refresh: "30s" })).toEqual({
      compare: "week",
      refresh: "30s",
    });
  });

  it("changes one part and leaves the page's own parameters alone", () => {
    const before = { tab: "models", from: "now-1h", to: "now", compare: "day" as const };
    expect(changeScope(before, { filter: "service:api", compare: null })).toEqual({
      tab: "models",
      from: "now-1h",
      to: "now",
      filter: "service:api",
    });
    expect(changeScope(before, { from: "now-24h", to: "now" })).toEqual({ tab: "models", compare: "day" });
  });
});

describe("the stretch that a range is compared with", () => {
  it("stays relative to now where the range is", () => {
    expect(comparedRange({ from: "now-24h", to: "now" }, "previous", NOW)).toEqual({
      from: "now-2d",
      to: "now-1d",
    });
    expect(comparedRange({ from: "now-90m", to: "now" }, "previous", NOW)).toEqual({
      from: "now-3h",
      to: "now-90m",
    });
    expect(comparedRange({ from: "now-1h", to: "now" }, "week", NOW)).toEqual({
      from: "now-169h",
      to: "now-7d",
    });
  });

  it("is as long and just before a range of moments", () => {
    const range = { from: "2026-11-24T10:00:00.250Z", to: "2026-11-24T11:00:00.750Z" };
    expect(comparedRange(range, "previous", NOW)).toEqual({
      from: "2026-11-24T08:59:59.750Z",
      to: "2026-11-24T10:00:00.250Z",
    });
  });

  it("is none where nothing is compared, or the range is upside down", () => {
    expect(comparedRange({ from: "now-1h", to: "now" }, "off", NOW)).toBeNull();
    expect(comparedRange({ from: "now", to: "now-1h" }, "day", NOW)).toBeNull();
  });
});
