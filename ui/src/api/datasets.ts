/** Datasets and experiments: docs/api.md. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Json } from "../model/schemaForm";
import { getJson, patchJson, postJson, remove, request } from "./client";
import type { ProjectName } from "./queries";

export type Dataset = {
  id: string;
  name: string;
  description: string;
  metadata: Json;
  input_schema: Json;
  expected_output_schema: Json;
  item_count: number;
  run_count: number;
  version: number | null;
  created_at: string;
  changed_at: string;
};

export type DatasetInput = {
  name: string;
  description: string;
  input_schema: Json;
  expected_output_schema: Json;
};

export type ItemStatus = "active" | "archived";

export type DatasetItem = {
  id: string;
  dataset_name: string;
  status: ItemStatus;
  input: Json;
  expected_output: Json;
  metadata: Json;
  source_trace_id: string | null;
  source_span_id: string | null;
  created_at: string;
  updated_at: string;
};

export type ItemInput = { input: Json; expected_output: Json; metadata: Json };

export type DatasetVersion = {
  number: number | null;
  name: string;
  description: string;
  at: string | null;
  items: number;
  added: number;
  changed: number;
  removed: number;
};

export type InputChoice = "question" | "messages" | "raw";
export type ExpectedChoice = "correction_or_answer" | "correction" | "answer" | "reference" | "none";

export type FromTracesInput = {
  sources?: { trace_id: string; span_id?: string }[];
  filter?: string;
  queue_id?: string;
  target?: "traces" | "spans";
  from?: string;
  to?: string;
  limit?: number;
  input: InputChoice;
  expected_output: ExpectedChoice;
  dry_run: boolean;
};

export type Candidate = {
  trace_id: string;
  span_id: string | null;
  name: string;
  input: Json;
  expected_output: Json;
  is_corrected: boolean;
};

export type FromTraces = {
  found: number;
  added: number;
  duplicates: number;
  skipped: { trace_id: string; span_id: string | null; reason: string }[];
  items: Candidate[];
};

export type ImportFormat = "jsonl" | "csv";

export type Imported = {
  lines: number;
  added: number;
  changed: number;
  unchanged: number;
  rejected: { line: number; reason: string }[];
  rejected_count: number;
  is_stored: boolean;
};

export type ItemsAsked = {
  version?: string | undefined;
  status?: ItemStatus | "all" | undefined;
  text?: string | undefined;
  offset?: number | undefined;
};

export const DATASET_ITEMS_PAGE = 50;

const pathOf = (name: string) => `/datasets/${encodeURIComponent(name)}`;
const itemPath = (name: string, itemId: string) => `${pathOf(name)}/items/${encodeURIComponent(itemId)}`;

export const datasetsQuery = (project: ProjectName, text = "") =>
  queryOptions({
    queryKey: ["datasets", project, "list", text],
    queryFn: ({ signal }) =>
      getJson<{ items: Dataset[]; total: number }>("/datasets", { project, text, limit: 1000 }, signal),
    placeholderData: keepPreviousData,
  });

export const datasetQuery = (project: ProjectName, name: string) =>
  queryOptions({
    queryKey: ["datasets", project, "one", name],
    queryFn: ({ signal }) => getJson<Dataset>(pathOf(name), { project }, signal),
  });

export const datasetItemsQuery = (project: ProjectName, name: string, asked: ItemsAsked) =>
  queryOptions({
    queryKey: ["datasets", project, "items", name, asked],
    queryFn: ({ signal }) =>
      getJson<{ items: DatasetItem[]; total: number; as_of: string | null }>(
        `${pathOf(name)}/items`,
        { project, ...asked, limit: DATASET_ITEMS_PAGE },
        signal,
      ),
    placeholderData: keepPreviousData,
  });

export const datasetVersionsQuery = (project: ProjectName, name: string) =>
  queryOptions({
    queryKey: ["datasets", project, "versions", name],
    queryFn: ({ signal }) =>
      getJson<{ items: DatasetVersion[]; current: DatasetVersion }>(
        `${pathOf(name)}/versions`,
        { project },
        signal,
      ),
  });

export function createDataset(project: ProjectName, input: DatasetInput): Promise<Dataset> {
  return postJson<Dataset>("/datasets", { project }, input);
}

export function changeDataset(
  project: ProjectName,
  name: string,
  input: Partial<DatasetInput>,
): Promise<Dataset> {
  return patchJson<Dataset>(pathOf(name), { project }, input);
}

export function deleteDataset(project: ProjectName, name: string): Promise<void> {
  return remove(pathOf(name), { project });
}

export async function addItem(project: ProjectName, name: string, input: ItemInput): Promise<void> {
  await postJson(`${pathOf(name)}/items`, { project }, { items: [input] });
}

export function changeItem(
  project: ProjectName,
  name: string,
  itemId: string,
  input: Partial<ItemInput & { status: ItemStatus }>,
): Promise<DatasetItem> {
  return patchJson<DatasetItem>(itemPath(name, itemId), { project }, input);
}

export function deleteItem(project: ProjectName, name: string, itemId: string): Promise<void> {
  return remove(itemPath(name, itemId), { project });
}

export function addFromTraces(
  project: ProjectName,
  name: string,
  input: FromTracesInput,
): Promise<FromTraces> {
  return postJson<FromTraces>(`${pathOf(name)}/items/from-traces`, { project }, input);
}

export async function importItems(
  project: ProjectName,
  name: string,
  file: Blob,
  format: ImportFormat,
): Promise<Imported> {
  const response = await request(
    "POST",
    `${pathOf(name)}/items/import`,
    { project, format },
    { body: file, contentType: "application/octet-stream" },
  );
  return (await response.json()) as Imported;
}

export async function exportItems(
  project: ProjectName,
  name: string,
  format: "jsonl" | "parquet",
  version?: string,
): Promise<Blob> {
  return (await request("GET", `${pathOf(name)}/export`, { project, format, version })).blob();
}

export function saveVersion(
  project: ProjectName,
  name: string,
  input: { name: string; description: string },
): Promise<DatasetVersion> {
  return postJson<DatasetVersion>(`${pathOf(name)}/versions`, { project }, input);
}

export function forgetVersion(project: ProjectName, name: string, number: number): Promise<void> {
  return remove(`${pathOf(name)}/versions/${number}`, { project });
}
