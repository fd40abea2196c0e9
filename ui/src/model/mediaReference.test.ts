import { describe, expect, it } from "vitest";
import { findMedia, splitMedia } from "./mediaReference";

const PNG = "@@@langfuseMedia:type=image/png|id=yftzY0m45fylI0cAfRJuGe|source=bytes@@@";
const FOUND = { id: "yftzY0m45fylI0cAfRJuGe", mimeType: "image/png" };

describe("splitMedia", () => {
  it("leaves a text without references whole", () => {
    expect(splitMedia("plain")).toEqual(["plain"]);
    expect(splitMedia("")).toEqual([""]);
    expect(splitMedia("@@@langfuseMedia:type=image/png@@@")).toEqual(["@@@langfuseMedia:type=image/png@@@"]);
  });

  it("takes references out of their text", () => {
    expect(splitMedia(PNG)).toEqual([FOUND]);
    expect(splitMedia(`look: ${PNG}${PNG} there`)).toEqual(["look: ", FOUND, FOUND, " there"]);
  });
});

describe("findMedia", () => {
  it("finds the first reference, or none", () => {
    expect(findMedia(`a ${PNG}`)).toEqual(FOUND);
    expect(findMedia("a")).toBeNull();
    expect(findMedia(null)).toBeNull();
  });
});
