/** The price book and repricing: docs/prices.md. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { TimeRange } from "../base/time";
import { getJson, postJson, putJson, remove, request } from "./client";
import type { ProjectName } from "./queries";

export const RATE_CLASSES = [
  "input",
  "output",
  "cache_read",
  "cache_write",
  "cache_write_1h",
  "reasoning",
  "audio_input",
  "audio_output",
] as const;
export type RateClass = (typeof RATE_CLASSES)[number];
/** USD per million tokens. */
export type Rates = Partial<Record<RateClass, number>>;

export type PriceTier = { above_input_tokens: number; rates: Rates; request_usd: number };
export type PricePeriod = {
  valid_from: string | null;
  valid_to: string | null;
  daily_from: string | null;
  daily_to: string | null;
  tiers: PriceTier[];
  source: "catalog" | "custom";
  version: string;
};
export type KnownPrice = {
  provider: string;
  provider_name: string;
  model: string;
  name: string;
  periods: PricePeriod[];
};

export type OwnPriceInput = {
  provider: string;
  model: string;
  valid_from: string | null;
  valid_to: string | null;
  rates: Rates;
  request_usd: number | null;
  tiers: { above_input_tokens: number; rates: Rates }[];
  batch_factor: number | null;
  same_as_provider: string;
  same_as_model: string;
  note: string;
};
export type OwnPrice = OwnPriceInput & { id: string; created_at: string; updated_at: string };

export type UnpricedModel = {
  provider: string;
  request_model: string;
  response_model: string;
  call_count: number;
  input_tokens: number;
  output_tokens: number;
  last_time: string;
  is_priced_now: boolean;
  suggestions: { provider: string; model: string; name: string }[];
};

export const NEW_PRICE: OwnPriceInput = {
  provider: "",
  model: "",
  valid_from: null,
  valid_to: null,
  rates: {},
  request_usd: null,
  tiers: [],
  batch_factor: null,
  same_as_provider: "",
  same_as_model: "",
  note: "",
};

export const knownPricesQuery = (project: ProjectName, search: string) =>
  queryOptions({
    queryKey: ["prices", "known", project, search],
    queryFn: ({ signal }) =>
      getJson<{ version: string; items: KnownPrice[]; total: number }>(
        "/prices",
        { project, search },
        signal,
      ),
    placeholderData: keepPreviousData,
  });

export const ownPricesQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["prices", "own", project],
    queryFn: ({ signal }) => getJson<{ items: OwnPrice[] }>("/prices/own", { project }, signal),
  });

export const unpricedQuery = (project: ProjectName, range: TimeRange) =>
  queryOptions({
    queryKey: ["prices", "unpriced", project, range],
    queryFn: ({ signal }) =>
      getJson<{ items: UnpricedModel[] }>("/prices/unpriced", { project, ...range }, signal),
    placeholderData: keepPreviousData,
  });

/** Made, or changed where it has an id. */
export function putOwnPrice(
  project: ProjectName,
  id: string | null,
  price: OwnPriceInput,
): Promise<OwnPrice> {
  if (id === null) return postJson("/prices/own", { project }, price);
  return putJson(`/prices/own/${encodeURIComponent(id)}`, { project }, price);
}

export function deleteOwnPrice(project: ProjectName, id: string): Promise<void> {
  return remove(`/prices/own/${encodeURIComponent(id)}`, { project });
}

export type RepriceSummary = {
  span_count: number;
  changed_span_count: number;
  newly_priced_count: number;
  no_longer_priced_count: number;
  before_usd: number;
  after_usd: number;
  by_model: Record<string, { count: number; before_usd: number; after_usd: number }>;
  is_done: boolean;
};

/** Tells what has changed so far after each batch; the last has `is_done`. Rejects where it did not get there. */
export async function reprice(
  project: ProjectName,
  range: TimeRange,
  isDryRun: boolean,
  onProgress: (summary: RepriceSummary) => void,
  signal: AbortSignal,
): Promise<RepriceSummary> {
  const body = JSON.stringify({ dry_run: isDryRun });
  const answer = await request("POST", "/reprice", { project, ...range }, { body, signal });
  const lines = await readLines(answer, (line) => {
    const told = JSON.parse(line) as RepriceSummary | { error: string; hint: string };
    if ("error" in told) throw new Error([told.error, told.hint].filter(Boolean).join(". "));
    onProgress(told);
    return told;
  });
  const last = lines.at(-1);
  if (last === undefined || !last.is_done) throw new Error("The answer ended early.");
  return last;
}

async function readLines<Item>(answer: Response, read: (line: string) => Item): Promise<Item[]> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const found: Item[] = [];
  let rest = "";
  for (;;) {
    const part = await reader?.read();
    const lines = (rest + (part?.value ?? "")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") found.push(read(line));
    if (part === undefined || part.done) return found;
  }
}
