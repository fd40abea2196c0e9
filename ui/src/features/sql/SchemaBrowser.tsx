import { TextInput } from "@mantine/core";
import { ChevronDown, ChevronRight, Search } from "lucide-react";
import { useState } from "react";
import type { SqlSchema, SqlTable } from "../../api/sql";
import classes from "./SchemaBrowser.module.css";
import { useSqlStrings } from "./strings";

type BrowserProps = { schema: SqlSchema; onInsert: (text: string) => void };

/** Tables with their columns; a click writes the name where the cursor is. */
export function SchemaBrowser({ schema, onInsert }: BrowserProps) {
  const t = useSqlStrings();
  const [asked, setAsked] = useState("");
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const word = asked.trim().toLowerCase();
  const tables = schema.tables.flatMap((table) => matching(table, word));
  const toggle = (name: string) =>
    setOpened(
      (before) => new Set(before.has(name) ? [...before].filter((one) => one !== name) : [...before, name]),
    );
  return (
    <aside className={classes.root} aria-label={t("schema")}>
      <TextInput
        size="xs"
        value={asked}
        onChange={(event) => setAsked(event.currentTarget.value)}
        leftSection={<Search size={13} />}
        aria-label={t("findColumn")}
        placeholder={t("findColumn")}
      />
      {tables.length === 0 && <p className={classes.none}>{t("noColumn")}</p>}
      <ul className={classes.tables}>
        {tables.map((table) => {
          const isOpen = word !== "" || opened.has(table.name);
          return (
            <li key={table.name}>
              <div className={classes.table} title={table.meaning}>
                <button
                  type="button"
                  className={classes.toggle}
                  aria-expanded={isOpen}
                  aria-label={table.name}
                  onClick={() => toggle(table.name)}
                >
                  {isOpen ? <ChevronDown size={13} /> : <ChevronRight size={13} />}
                </button>
                <button
                  type="button"
                  className={classes.name}
                  aria-label={t("insert", { name: table.name })}
                  onClick={() => onInsert(table.name)}
                >
                  <b>{table.name}</b>
                </button>
              </div>
              {isOpen && <Columns table={table} onInsert={onInsert} />}
            </li>
          );
        })}
      </ul>
    </aside>
  );
}

function Columns(props: { table: SqlTable; onInsert: (text: string) => void }) {
  const t = useSqlStrings();
  return (
    <ul className={classes.columns}>
      {props.table.columns.map((column) => (
        <li key={column.name}>
          <button
            type="button"
            className={classes.column}
            title={column.meaning}
            aria-label={t("insert", { name: column.name })}
            onClick={() => props.onInsert(column.name)}
          >
            <span className={classes.label}>{column.name}</span>
            <span className={classes.type}>{shortType(column.type)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The table with the columns that match; all of them where its own name does. */
function matching(table: SqlTable, word: string): SqlTable[] {
  if (word === "" || table.name.includes(word)) return [table];
  const columns = table.columns.filter(
    (column) => column.name.includes(word) || column.meaning.toLowerCase().includes(word),
  );
  return columns.length === 0 ? [] : [{ ...table, columns }];
}

function shortType(type: string): string {
  return type.replace(/^Nullable\((.*)\)$/, "$1?").replace(/^DateTime64.*$/, "DateTime64");
}
