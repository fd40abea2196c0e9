import { describe, expect, it } from "vitest";
import { keyOf } from "./shortcuts";

describe("the key of a shortcut", () => {
  it("is the letter that the keyboard writes", () => {
    expect(keyOf({ key: "y", code: "KeyZ", shiftKey: false })).toBe("y");
    expect(keyOf({ key: "T", code: "KeyT", shiftKey: true })).toBe("T");
    expect(keyOf({ key: "?", code: "Slash", shiftKey: true })).toBe("?");
    expect(keyOf({ key: "ArrowDown", code: "ArrowDown", shiftKey: false })).toBe("ArrowDown");
  });

  it("is the place of the key where other letters are written", () => {
    expect(keyOf({ key: "ㅛ", code: "KeyY", shiftKey: false })).toBe("y");
    expect(keyOf({ key: "Process", code: "KeyS", shiftKey: false })).toBe("s");
    expect(keyOf({ key: "Ч", code: "KeyX", shiftKey: true })).toBe("X");
  });
});
