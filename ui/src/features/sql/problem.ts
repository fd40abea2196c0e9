import { ApiError } from "../../api/client";

export type SqlProblem = { column: number; message: string };

/** Where in the statement an error is, if the server knows. */
export function problemOf(error: Error | null): SqlProblem | null {
  if (!(error instanceof ApiError)) return null;
  const { column } = error.problem;
  return typeof column === "number" ? { column, message: error.message } : null;
}
