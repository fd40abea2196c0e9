/** Dashboards: docs/dashboards.md. */

import { queryOptions } from "@tanstack/react-query";
import type { DashboardDocument } from "../model/dashboards/document";
import type { SqlAnswer } from "../model/dashboards/frames";
import { getJson, postJson, putJson, remove, request } from "./client";
import type { ProjectName } from "./queries";

export type DashboardSummary = {
  id: string;
  title: string;
  description: string;
  tags: string[];
  panel_count: number;
  version: number;
  is_shipped: boolean;
  is_starred: boolean;
  is_default: boolean;
  created_at: string | null;
  updated_at: string | null;
  updated_by: string | null;
};

export type Dashboard = DashboardSummary & { document: DashboardDocument };

export type ImportResult = {
  format: "spanglass" | "grafana";
  document: DashboardDocument;
  problems: { panel: string | null; field: string; reason: string }[];
};

export const dashboardsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["dashboards", project],
    queryFn: async ({ signal }) =>
      (await getJson<{ items: DashboardSummary[] }>("/dashboards", { project }, signal)).items,
    staleTime: 10_000,
  });

export const dashboardQuery = (project: ProjectName, id: string) =>
  queryOptions({
    queryKey: ["dashboard", project, id],
    queryFn: ({ signal }) => getJson<Dashboard>(path(id), { project }, signal),
    // What is being edited is not replaced under the editor's hands.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });

export function createDashboard(project: ProjectName, document: DashboardDocument): Promise<Dashboard> {
  return postJson("/dashboards", { project }, { document });
}

export function changeDashboard(
  project: ProjectName,
  id: string,
  document: DashboardDocument,
  version: number,
): Promise<Dashboard> {
  return putJson(path(id), { project }, { document, version });
}

export function deleteDashboard(project: ProjectName, id: string): Promise<void> {
  return remove(path(id), { project });
}

export function importDashboard(project: ProjectName, dashboard: unknown): Promise<ImportResult> {
  return postJson("/dashboards/import", { project }, { dashboard });
}

export async function markDashboard(
  project: ProjectName,
  id: string,
  mark: "star" | "default",
  isSet: boolean,
): Promise<void> {
  await request(isSet ? "PUT" : "DELETE", `${path(id)}/${mark}`, { project });
}

function path(id: string): string {
  return `/dashboards/${encodeURIComponent(id)}`;
}

export type SqlParameters = Readonly<Record<string, string | readonly string[]>>;

/** A statement of a panel. Variables travel as bound parameters, never as text. */
export const panelSqlQuery = (
  project: ProjectName,
  query: string,
  parameters: SqlParameters,
  range: { from: string; to: string },
) =>
  queryOptions({
    queryKey: ["panel-sql", project, query, parameters, range],
    queryFn: async ({ signal }): Promise<SqlAnswer> => {
      const body = JSON.stringify({ query, parameters, ...range, limit: 10_000 });
      const answer = await request("POST", "/sql", { project }, { signal, body });
      return (await answer.json()) as SqlAnswer;
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
