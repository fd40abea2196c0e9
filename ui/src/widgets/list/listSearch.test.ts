import { describe, expect, it } from "vitest";
import { changeSearch, type ListSearch, parseListSearch } from "./listSearch";

describe("a list's URL", () => {
  it("is read without what it does not know", () => {
    const raw = { from: "now-7d", filter: "", order: 3, live: "yes", other: "x" };
    expect(parseListSearch(raw)).toEqual({ from: "now-7d" });
  });

  it("drops what is null and keeps what was not changed", () => {
    const before: ListSearch & { project: string } = {
      from: "now-7d",
      filter: "status:error",
      project: "shop",
    };
    expect(changeSearch(before, { filter: null, order: "name" }, "-time")).toEqual({
      from: "now-7d",
      order: "name",
      project: "shop",
    });
  });

  it("does not say what is the default anyway", () => {
    const before: ListSearch = { from: "now-7d", to: "now", filter: "status:error" };
    expect(changeSearch(before, { from: "now-24h", filter: "  ", order: "-time" }, "-time")).toEqual({});
  });
});
