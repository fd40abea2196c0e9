/** What an SQL statement can go on with: tables, columns of the tables it names, functions. */

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { SqlSchema, SqlTable } from "../../api/sql";

export const KEYWORDS =
  "select distinct from where prewhere group by having qualify order limit offset as and or not in is null like ilike between case when then else end join inner left right full cross any asof semi anti on using union all except intersect with recursive array over partition rows range window asc desc nulls first last fill interpolate true false interval day hour minute second week month year totals rollup cube ties to step";

export function completionsOf(context: CompletionContext, schema: SqlSchema): CompletionResult | null {
  const word = context.matchBefore(/[\w.]*/);
  if (word === null || (word.from === word.to && !context.explicit)) return null;
  const text = context.state.doc.toString();
  const dot = word.text.lastIndexOf(".");
  if (dot >= 0) {
    const table = tableOf(word.text.slice(0, dot), text, schema);
    if (table === undefined) return null;
    return { from: word.from + dot + 1, options: columns(table), validFor: /^\w*$/ };
  }
  const named = schema.tables.filter((table) => new RegExp(`\\b${table.name}\\b`, "i").test(text));
  const tables = named.length === 0 ? schema.tables : named;
  const options = [
    ...unique(tables.flatMap(columns)),
    ...schema.tables.map((table) => ({ label: table.name, type: "class", info: table.meaning, boost: 1 })),
    ...schema.functions.map((name) => ({ label: name, type: "function", apply: `${name}(`, boost: -1 })),
  ];
  return { from: word.from, options, validFor: /^\w*$/ };
}

/** A table by its name or an alias, `FROM spans AS s`. */
function tableOf(name: string, text: string, schema: SqlSchema): SqlTable | undefined {
  const direct = schema.tables.find((table) => table.name === name);
  if (direct !== undefined) return direct;
  const escaped = name.replace(/\W/g, "");
  const alias = new RegExp(`\\b(\\w+)\\s+(?:as\\s+)?${escaped}\\b`, "gi");
  for (const found of text.matchAll(alias)) {
    const table = schema.tables.find((one) => one.name === found[1]);
    if (table !== undefined) return table;
  }
  return undefined;
}

function columns(table: SqlTable): Completion[] {
  return table.columns.map((column) => ({
    label: column.name,
    type: "property",
    detail: column.type,
    info: column.meaning,
    boost: 2,
  }));
}

function unique(options: readonly Completion[]): Completion[] {
  return [...new Map(options.map((option) => [option.label, option])).values()];
}
