import { describe, expect, it } from "vitest";
import { isShown, kindOf, recordOf, searchOf } from "./address";

describe("a saved view's address", () => {
  it("is of the page that its first word names", () => {
    expect(kindOf("/cost")).toBe("cost");
    expect(kindOf("/sessions/chat-1")).toBe("sessions");
    expect(kindOf("/settings/keys")).toBeNull();
    expect(kindOf("/")).toBeNull();
  });

  it("leaves out the project and following", () => {
    expect(searchOf("?project=shop&live=1&filter=status%3Aerror")).toBe("filter=status%3Aerror");
  });

  it("is the same whatever the order of its parameters", () => {
    expect(isShown("?to=now&from=now-6h&project=shop", "from=now-6h&to=now")).toBe(true);
    expect(isShown("?from=now-6h", "from=now-1h")).toBe(false);
  });

  it("opens in the project that is looked at", () => {
    expect(recordOf("filter=a%3Ab&project=old", "shop")).toEqual({ filter: "a:b", project: "shop" });
    expect(recordOf("", null)).toEqual({});
  });
});
