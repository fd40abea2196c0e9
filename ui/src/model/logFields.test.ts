import { expect, test } from "vitest";
import type { Log } from "../api/types";
import { fieldsPreview, headline, logGroups, searchedWords, stackTrace, withValue } from "./logFields";

const LOG: Log = {
  log_id: "1-a",
  time: "2026-11-23T10:00:00.000000001Z",
  severity: "warn",
  severity_number: 13,
  severity_text: "WARNING",
  service: "rag-api",
  environment: null,
  event_name: null,
  message: "llm_call",
  fields: { model: "gpt-4o", level: "warning", http: { status: 502, path: null } },
  body: {},
  attributes: { "http.route": "/ask", "odd key": "x", long: "y".repeat(300), list: [1] },
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  span_id: null,
  resource: { "service.name": "rag-api" },
  scope: { name: "app", version: "", attributes: {} },
  is_cut: false,
};

test("a record's rows name the field that asks for each value", () => {
  const groups = Object.fromEntries(logGroups(LOG).map(({ group, rows }) => [group, rows]));
  expect(groups.record?.map((row) => [row.key, row.field])).toEqual([
    ["time", null],
    ["severity", "severity"],
    ["severity_text", null],
    ["service", "service"],
    ["scope", "scope"],
    ["trace_id", "trace_id"],
  ]);
  expect(groups.fields?.map((row) => row.field)).toEqual([
    "attributes.model",
    "attributes.level",
    "attributes.http.status",
    null,
  ]);
  expect(groups.attributes?.map((row) => row.field)).toEqual([
    "attributes.http.route",
    'attributes."odd key"',
    null,
    null,
  ]);
  expect(groups.scope).toBeUndefined();
});

test("a stack trace is a text of its own, not an attribute among others", () => {
  const raised = { ...LOG, attributes: { "exception.stacktrace": "Traceback", "exception.type": "E" } };
  expect(stackTrace(raised)).toBe("Traceback");
  const attributes = logGroups(raised).find(({ group }) => group === "attributes");
  expect(attributes?.rows.map((row) => row.key)).toEqual(["exception.type"]);
});

test("a click asks for a value, rules it out, and takes it back", () => {
  expect(withValue("", "service", "rag-api", "include")).toBe("service:rag-api");
  expect(withValue("service:rag-api", "service", "rag-api", "include")).toBe("");
  expect(withValue("service:(a or b) x", "service", "a", "exclude")).toBe("x service:b -service:a");
  expect(withValue("service:(a or b)", "service", "c", "include")).toBe("service:c");
  expect(withValue("error", "attributes.http.status", "502", "include")).toBe(
    "error attributes.http.status:502",
  );
  const odd = 'attributes."odd key"';
  expect(withValue("error", odd, "a b", "exclude")).toBe('error -attributes."odd key":"a b"');
  expect(withValue('error -attributes."odd key":"a b"', odd, "a b", "exclude")).toBe("error");
});

test("the words of a filter are those to mark", () => {
  expect(searchedWords('severity>=warn refund "connection reset" body:slow -noise a or b')).toEqual([
    "refund",
    "connection reset",
    "slow",
    "a",
    "b",
  ]);
});

test("a line is its message and its fields in short, without what has a column", () => {
  expect(headline(LOG)).toBe("llm_call");
  expect(fieldsPreview(LOG)).toEqual([
    ["model", "gpt-4o"],
    ["http.status", "502"],
  ]);
  const raised = { "exception.type": "ValueError", "code.line": 3 };
  expect(fieldsPreview({ ...LOG, fields: {}, attributes: raised })).toEqual([
    ["exception.type", "ValueError"],
  ]);
  expect(headline({ ...LOG, message: null, body: { a: 1 } })).toBe('{"a":1}');
  expect(headline({ ...LOG, message: null, body: null, event_name: "gen_ai.choice" })).toBe("gen_ai.choice");
});
