/** A log record as rows of keys and values, each with the filter field that asks for it. */

import type { Json, Log } from "../api/types";
import { type Choice, choicesOf, cutPieces, quoteValue, toggleValue } from "./filterText";
import { openField } from "./traceFilter";

export type LogGroup = "record" | "fields" | "attributes" | "resource" | "scope";

export type LogField = {
  key: string;
  value: Json;
  /** The field to filter by; null where the value is too long, or no filter asks for it. */
  field: string | null;
};

/** Longer values are not indexed, so a filter on them would find nothing. */
const FILTER_CHARS_MAX = 256;

export function logGroups(log: Log): { group: LogGroup; rows: LogField[] }[] {
  const scope = log.scope;
  const groups: { group: LogGroup; rows: LogField[] }[] = [
    { group: "record", rows: recordRows(log) },
    { group: "fields", rows: openRows("attributes", flatten(log.fields)) },
    {
      group: "attributes",
      rows: openRows(
        "attributes",
        Object.entries(log.attributes).filter(([key]) => key !== STACK_TRACE || stackTrace(log) === ""),
      ),
    },
    { group: "resource", rows: openRows("resource", Object.entries(log.resource)) },
    {
      group: "scope",
      rows: [
        ...(scope?.version ? [{ key: "version", value: scope.version, field: null }] : []),
        ...Object.entries(scope?.attributes ?? {}).map(([key, value]) => ({ key, value, field: null })),
      ],
    },
  ];
  return groups.filter(({ rows }) => rows.length > 0);
}

const STACK_TRACE = "exception.stacktrace";

/** Shown as the text it is, not among the attributes. */
export function stackTrace(log: Log): string {
  const trace = log.attributes[STACK_TRACE];
  return typeof trace === "string" ? trace : "";
}

function recordRows(log: Log): LogField[] {
  const told: [string, Json, boolean][] = [
    ["time", log.time, false],
    ["severity", log.severity, true],
    ["severity_text", log.severity_text, false],
    ["service", log.service, true],
    ["environment", log.environment, true],
    ["event_name", log.event_name, true],
    ["scope", log.scope?.name ?? null, true],
    ["trace_id", log.trace_id, true],
    ["span_id", log.span_id, true],
  ];
  return told
    .filter(([, value]) => value !== null && value !== "")
    .filter(([key, value]) => key !== "severity_text" || String(value).toLowerCase() !== log.severity)
    .map(([key, value, isField]) => ({ key, value, field: isField ? key : null }));
}

function openRows(family: "attributes" | "resource", entries: readonly [string, Json][]): LogField[] {
  return entries.map(([key, value]) => ({
    key,
    value,
    field: isFilterable(value, family) ? openField(family, key) : null,
  }));
}

function isFilterable(value: Json, family: string): boolean {
  if (value === null || typeof value === "object" || value === "") return false;
  return family === "resource" || String(value).length <= FILTER_CHARS_MAX;
}

/** Objects within under their path, as the server indexes them. */
export function flatten(values: { [key: string]: Json }, prefix = ""): [string, Json][] {
  return Object.entries(values).flatMap(([key, value]): [string, Json][] =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? flatten(value, `${prefix}${key}.`)
      : [[prefix + key, value]],
  );
}

/** Fields whose terms a click can change; any other key is added as a term of its own. */
const PLAIN_FIELD = /^[A-Za-z_][\w.]*$/;

/** The filter with the value asked for, or ruled out; the same once more takes it back. */
export function withValue(filter: string, field: string, value: string, choice: Choice): string {
  if (PLAIN_FIELD.test(field)) {
    // Asking for one value of a field, where the filter asks for others, means this one alone.
    const isOther = choice === "include" && !choicesOf(filter, field).include.has(value);
    const base = isOther ? withoutIncluded(filter, field) : filter;
    return toggleValue(base, field, value, choice);
  }
  const term = `${choice === "exclude" ? "-" : ""}${field}:${quoteValue(value)}`;
  const pieces = cutPieces(filter).map((piece) => piece.text);
  const kept = pieces.filter((piece) => piece !== term);
  return (kept.length === pieces.length ? [filter.trim(), term] : kept).filter(Boolean).join(" ");
}

function withoutIncluded(filter: string, field: string): string {
  return [...choicesOf(filter, field).include].reduce(
    (text, value) => toggleValue(text, field, value, "include"),
    filter,
  );
}

/** The filter's words: what to mark in the texts that it found. */
export function searchedWords(filter: string): string[] {
  return cutPieces(filter)
    .map((piece) => piece.text.replace(/^(?:body|message):(?!\*)/, ""))
    .filter((text) => !/^(?:and|or|not)$/i.test(text) && !/^[-!(]/.test(text))
    .filter((text) => text.startsWith('"') || !/[:=<>~]/.test(text))
    .map((text) => text.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1"))
    .filter((text) => text !== "");
}

/** What was raised, and fields of a structured line, in short, `model=gpt-4o cost_usd=0.5`, for a list. */
export function fieldsPreview(log: Log): [string, string][] {
  const raised = Object.entries(log.attributes).filter(([key]) => SHOWN_ATTRIBUTES.includes(key));
  return [...raised, ...flatten(log.fields)]
    .filter(([key, value]) => !SHOWN_ELSEWHERE.has(key) && value !== null && value !== "")
    .slice(0, PREVIEW_FIELDS_MAX)
    .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
}

const SHOWN_ATTRIBUTES = ["exception.type", "exception.message"];
const PREVIEW_FIELDS_MAX = 12;
const SHOWN_ELSEWHERE = new Set([
  "level",
  "severity",
  "levelname",
  "timestamp",
  "time",
  "ts",
  "@timestamp",
  "trace_id",
  "span_id",
  "trace_flags",
]);

/** What a list shows of a record: the message, else the body as JSON, else the event's name. */
export function headline(log: Log): string {
  if (log.message) return log.message;
  if (log.body !== null && log.body !== "") return JSON.stringify(log.body);
  return log.event_name ?? "";
}
