/** SQL over one project's rows: docs/sql.md. */

import { queryOptions } from "@tanstack/react-query";
import { getJson, request } from "./client";
import type { ProjectName } from "./queries";

export type SqlColumn = { name: string; type: string };

/** A value as the server writes it: times are RFC 3339, integers beyond 2^53 and decimals are text. */
export type SqlValue = string | number | boolean | null | SqlValue[] | { [key: string]: SqlValue };

export type SqlResult = {
  columns: SqlColumn[];
  rows: SqlValue[][];
  row_count: number;
  is_cut: boolean;
  elapsed_ms: number;
  read_rows: number;
};

export type SqlStatement = {
  query: string;
  parameters?: Record<string, SqlValue>;
  from?: string;
  to?: string;
  limit?: number;
};

export type SqlTable = { name: string; meaning: string; columns: (SqlColumn & { meaning: string })[] };

export type SqlSchema = {
  tables: SqlTable[];
  functions: string[];
  examples: { name: string; title: string; query: string }[];
  limits: { seconds: number; memory_bytes: number; rows: number; file_rows: number; answer_bytes: number };
};

export type SqlFile = "csv" | "parquet" | "jsonl";

/** The statement ends on the server too when the signal is aborted. */
export async function runSql(
  project: ProjectName,
  statement: SqlStatement,
  signal?: AbortSignal,
): Promise<SqlResult> {
  const response = await request("POST", "/sql", { project }, { body: JSON.stringify(statement), signal });
  return (await response.json()) as SqlResult;
}

export async function readSqlFile(
  project: ProjectName,
  statement: SqlStatement,
  format: SqlFile,
): Promise<Blob> {
  const response = await request("POST", "/sql", { project, format }, { body: JSON.stringify(statement) });
  return response.blob();
}

/** `run` tells one asking of a statement from the next, since what it finds changes. */
export const sqlQuery = (project: ProjectName, statement: SqlStatement, run: number) =>
  queryOptions({
    queryKey: ["sql", project, statement, run],
    queryFn: ({ signal }) => runSql(project, statement, signal),
    enabled: statement.query.trim() !== "",
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export const sqlSchemaQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["sql-schema", project],
    queryFn: ({ signal }) => getJson<SqlSchema>("/sql/schema", { project }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
