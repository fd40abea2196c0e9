/** The one place that calls the server. Errors become `ApiError` with the problem the server described. */

import { preferences } from "../base/preferences";
import type { Problem } from "./types";

export type Query = Record<string, string | number | boolean | null | undefined>;

export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** Status 0: the server gave no answer at all. */
function unreachable(reason: unknown): ApiError {
  const detail = reason instanceof Error ? reason.message : String(reason);
  return new ApiError(problemOf(0, { title: "No answer", detail }));
}

function problemOf(status: number, body: Partial<Problem>): Problem {
  return {
    type: body.type ?? "about:blank",
    title: body.title ?? `HTTP ${status}`,
    status,
    detail: body.detail ?? null,
    hint: body.hint ?? null,
    column: body.column ?? null,
    limit: body.limit ?? null,
  };
}

async function failure(response: Response): Promise<ApiError> {
  const isProblem = response.headers.get("content-type")?.includes("json") ?? false;
  const body: unknown = isProblem ? await response.json() : null;
  const known = typeof body === "object" && body !== null ? (body as Partial<Problem>) : {};
  return new ApiError(problemOf(response.status, known));
}

/** Absent values are left out, so that the server's defaults apply. */
export function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** The key that a person pasted where the server asks for one; lives in this browser only. */
export const secretKey = {
  get: () => preferences.read("key") ?? "",
  set: (key: string) => preferences.write("key", key.trim()),
};

type Sent = { signal?: AbortSignal | undefined; body?: string };

async function request(method: string, path: string, query: Query, sent: Sent = {}): Promise<Response> {
  // X-Requested-With keeps the browser's own password dialog away: the page asks for the key itself.
  const headers: Record<string, string> = {
    Accept: "application/json",
    "X-Requested-With": "XMLHttpRequest",
  };
  const key = secretKey.get();
  if (sent.body !== undefined) headers["Content-Type"] = "application/json";
  if (key !== "") headers.Authorization = `Bearer ${key}`;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}${queryString(query)}`, {
      method,
      headers,
      body: sent.body ?? null,
      signal: sent.signal ?? null,
    });
  } catch (reason) {
    if (sent.signal?.aborted) throw reason;
    throw unreachable(reason);
  }
  if (!response.ok) throw await failure(response);
  return response;
}

/** The answer's JSON, trusted to be what docs/api.md says. */
export async function getJson<Answer>(path: string, query: Query, signal?: AbortSignal): Promise<Answer> {
  const response = await request("GET", path, query, { signal });
  return (await response.json()) as Answer;
}

export async function postJson<Answer>(path: string, query: Query, body: unknown): Promise<Answer> {
  const response = await request("POST", path, query, { body: JSON.stringify(body) });
  return (await response.json()) as Answer;
}

export async function remove(path: string, query: Query): Promise<void> {
  await request("DELETE", path, query);
}
