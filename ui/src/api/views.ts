/** Pages as somebody set them up, under a name: docs/saved-views.md. */

import { queryOptions } from "@tanstack/react-query";
import { getJson, patchJson, postJson, remove } from "./client";
import type { ProjectName } from "./queries";

export const VIEW_KINDS = [
  "overview",
  "traces",
  "sessions",
  "users",
  "map",
  "logs",
  "alerts",
  "cost",
  "dashboards",
  "explore",
  "sql",
  "scores",
] as const;

/** The page that it is a view of: the first word of its address. */
export type ViewKind = (typeof VIEW_KINDS)[number];

export type SavedViewInput = {
  kind: ViewKind;
  name: string;
  /** The page's part of the address, after the question mark. */
  search: string;
  is_shared: boolean;
  is_pinned: boolean;
};

export type SavedView = SavedViewInput & {
  id: string;
  is_own: boolean;
  created_at: string;
  updated_at: string;
};

export const savedViewsQuery = (project: ProjectName, kind: ViewKind) =>
  queryOptions({
    queryKey: ["saved-views", project, kind],
    queryFn: async ({ signal }) =>
      (await getJson<{ items: SavedView[] }>("/saved-views", { project, kind }, signal)).items,
    staleTime: 30_000,
  });

export function createView(project: ProjectName, input: SavedViewInput): Promise<SavedView> {
  return postJson("/saved-views", { project }, input);
}

export function changeView(
  project: ProjectName,
  id: string,
  change: Partial<Omit<SavedViewInput, "kind">>,
): Promise<SavedView> {
  return patchJson(`/saved-views/${id}`, { project }, change);
}

export function deleteView(project: ProjectName, id: string): Promise<void> {
  return remove(`/saved-views/${id}`, { project });
}
