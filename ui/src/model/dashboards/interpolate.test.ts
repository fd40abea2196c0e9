import { expect, test } from "vitest";
import { ALL } from "./document";
import { fillFilter, fillPromql, fillText, fillUrl, InterpolationError, namesIn } from "./interpolate";

const WINDOW = { from: 0, to: 3_600_000, step: 15_000 };
const promql = (text: string, ...values: string[]) => fillPromql(text, { v: values }, WINDOW);
const filter = (text: string, ...values: string[]) => fillFilter(text, { v: values }, WINDOW);

test("a value in an equality is the string itself", () => {
  expect(promql('up{a="$v"}', 'x"y\\z')).toBe('up{a="x\\"y\\\\z"}');
  expect(promql("up{a='${v}'}", "it's")).toBe("up{a='it\\'s'}");
  expect(promql("up{a=`$v`}", "a\\b")).toBe("up{a=`a\\b`}");
});

test("a value in a pattern matches itself alone, and several are alternatives", () => {
  expect(promql('up{a=~"$v"}', "gpt-4.1")).toBe('up{a=~"gpt-4\\\\.1"}');
  expect(promql('up{a=~"$v"}', "a", "b|c")).toBe('up{a=~"(?:a|b\\\\|c)"}');
  expect(promql('up{a!~"x-$v"}', "a", "b")).toBe('up{a!~"x-(?:a|b)"}');
  expect(promql('up{a=~"$v"}', ALL)).toBe('up{a=~".*"}');
});

test("several values are refused where one fits", () => {
  expect(() => promql('up{a="$v"}', "a", "b")).toThrow(InterpolationError);
  expect(() => promql('up{a="$v"}', ALL)).toThrow("write `=~`");
});

test("outside of strings only names, numbers and durations stand", () => {
  expect(promql("topk($v, up)", "5")).toBe("topk(5, up)");
  expect(promql("rate(up[$v])", "5m")).toBe("rate(up[5m])");
  expect(() => promql("$v", "up) or secret(")).toThrow("only fits within quotes");
});

test("a value cannot end the string that it stands in", () => {
  const attack = '"} or on() secret{a="';
  expect(promql('up{a="$v"}', attack)).toBe('up{a="\\"} or on() secret{a=\\""}');
  expect(filter("model:$v", '" or status:error')).toBe('model:"\\" or status:error"');
  expect(filter('name:"x $v"', '" or status:error')).toBe('name:"x \\" or status:error"');
  expect(() => promql("up{a=`$v`}", "`} or b")).toThrow(InterpolationError);
});

test("the range tells the built-in ones", () => {
  expect(promql("rate(up[$__rate_interval]) + $__range_s")).toBe("rate(up[60s]) + 3600");
  expect(promql("sum_over_time(up[$__range])[$__interval:]")).toBe("sum_over_time(up[3600s])[15s:]");
});

test("an unknown variable is told", () => {
  expect(() => promql("up{a='$nothing'}")).toThrow("`nothing`");
});

test("a filter takes values in quotes, several in brackets, all as a star", () => {
  expect(filter("model:$v", "gpt-4.1")).toBe('model:"gpt-4.1"');
  expect(filter("model:$v", "a b", "c*")).toBe('model:("a b" or "c\\*")');
  expect(filter("model:$v status:error", ALL)).toBe("model:* status:error");
});

test("titles and addresses are filled too", () => {
  expect(fillText("Calls of $v", { v: ["a", "b"] }, WINDOW)).toBe("Calls of a, b");
  expect(fillUrl("/traces?filter=model:${v}&from=${__from}", { v: ["a b"] }, WINDOW)).toBe(
    "/traces?filter=model:a%20b&from=0",
  );
});

test("names are found once each, without the built-in ones", () => {
  expect(namesIn("$a ${b:regex} $a $__interval")).toEqual(["a", "b"]);
});
