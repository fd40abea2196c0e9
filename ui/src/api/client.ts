/** The one place that calls the server. Errors become `ApiError` with the problem the server described. */

import type { Problem } from "./types";

type QueryValue = string | number | boolean | null | undefined;
export type Query = Record<string, QueryValue | readonly string[]>;

export class ApiError extends Error {
  readonly problem: Problem;
  /** The whole answer, where it said more than a problem does. */
  readonly body: unknown;

  constructor(problem: Problem, body: unknown = null) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
    this.problem = problem;
    this.body = body;
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
  return new ApiError(problemOf(response.status, known), body);
}

/** Absent values are left out, so that the server's defaults apply. */
export function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) parameters.append(name, one);
    else if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

let askToSignIn: () => void = () => {};

/** What happens when the server says that nobody is signed in. */
export function whenSignedOut(run: () => void): void {
  askToSignIn = run;
}

type Sent = {
  signal?: AbortSignal | undefined;
  body?: string | Blob;
  contentType?: string;
  /** Goes on when the page is closed meanwhile. */
  keepalive?: boolean;
};

const ROOTS = { own: "/api/v1", prometheus: "/prometheus/api/v1" };
type Root = keyof typeof ROOTS;

export async function request(
  method: string,
  path: string,
  query: Query,
  sent: Sent = {},
  root: Root = "own",
): Promise<Response> {
  const response = await send(method, `${ROOTS[root]}${path}${queryString(query)}`, sent);
  if (!response.ok) throw await failure(response);
  return response;
}

/** With the person's cookie, if there is one. Rejects where there is no answer at all. */
async function send(method: string, address: string, sent: Sent): Promise<Response> {
  // X-Requested-With says that no other site's form sent this, and keeps the browser's own password dialog away.
  const headers: Record<string, string> = {
    Accept: "application/json",
    "X-Requested-With": "XMLHttpRequest",
  };
  if (sent.body !== undefined) headers["Content-Type"] = sent.contentType ?? "application/json";
  try {
    const response = await fetch(address, {
      method,
      headers,
      body: sent.body ?? null,
      signal: sent.signal ?? null,
      keepalive: sent.keepalive ?? false,
    });
    if (response.status === 401) askToSignIn();
    return response;
  } catch (reason) {
    if (sent.signal?.aborted) throw reason;
    throw unreachable(reason);
  }
}

/** What Prometheus' HTTP API answers, whatever the status. */
type PrometheusAnswer<Data> = {
  status: "success" | "error";
  data?: Data;
  errorType?: string;
  error?: string;
  warnings?: string[];
  infos?: string[];
};

/** A question by form, since expressions grow longer than addresses may. */
export async function askPrometheus<Data>(
  path: string,
  query: Query,
  parameters: Query,
  signal?: AbortSignal,
): Promise<{ data: Data; warnings: string[]; infos: string[] }> {
  const response = await send("POST", `${ROOTS.prometheus}${path}${queryString(query)}`, {
    signal,
    body: queryString(parameters).slice(1),
    contentType: "application/x-www-form-urlencoded",
  });
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  const answer: PrometheusAnswer<Data> | null = isJson ? await response.json() : null;
  if (!response.ok || answer?.data === undefined)
    throw new ApiError(problemOf(response.status, answer?.error ? { detail: answer.error } : {}));
  return { data: answer.data, warnings: answer.warnings ?? [], infos: answer.infos ?? [] };
}

/** For a library that asks Prometheus' API by itself. */
export function fetchPrometheus(address: RequestInfo, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers);
  headers.set("X-Requested-With", "XMLHttpRequest");
  return fetch(address, { ...init, headers });
}

/** The answer's JSON, trusted to be what docs/api.md says. */
export async function getJson<Answer>(
  path: string,
  query: Query,
  signal?: AbortSignal,
  root: Root = "own",
): Promise<Answer> {
  const response = await request("GET", path, query, { signal }, root);
  return (await response.json()) as Answer;
}

export async function postJson<Answer>(path: string, query: Query, body: unknown): Promise<Answer> {
  const response = await request("POST", path, query, { body: JSON.stringify(body) });
  return (await response.json()) as Answer;
}

export async function remove(path: string, query: Query): Promise<void> {
  await request("DELETE", path, query);
}

export async function putJson<Answer>(path: string, query: Query, body: unknown): Promise<Answer> {
  const response = await request("PUT", path, query, { body: JSON.stringify(body) });
  return (await response.json()) as Answer;
}

export async function patchJson<Answer>(path: string, query: Query, body: unknown): Promise<Answer> {
  const response = await request("PATCH", path, query, { body: JSON.stringify(body) });
  return (await response.json()) as Answer;
}
