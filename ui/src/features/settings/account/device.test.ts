import { expect, test } from "vitest";
import { deviceOf } from "./device";

const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`${MAC} Chrome/142.0.0.0 Safari/537.36`, "Chrome", "macOS"],
  [`${MAC} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`, "Edge", "macOS"],
  [`${MAC} Version/26.0 Safari/605.1.15`, "Safari", "macOS"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox", "Linux"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari", "iOS"],
  ["Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537.36", "Chrome", "Android"],
])("%s", (userAgent, browser, system) => {
  expect(deviceOf(userAgent)).toEqual({ browser, system });
});

test("what is no browser is not named", () => {
  expect(deviceOf("curl/8.0")).toBeNull();
  expect(deviceOf("")).toBeNull();
});
