/** Who is looking, and what they may do: docs/sign-in.md. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { getJson } from "./client";
import type { ProjectName } from "./queries";
import { useProject } from "./useProject";

export type Role = "viewer" | "editor" | "admin";
export type Permission = "read" | "ingest" | "edit" | "admin";

export type Me = {
  /** `off`: the server asks nobody who they are, and everybody may do everything. */
  auth: "off" | "required";
  user: { id: string; email: string; name: string } | null;
  organization: { name: string } | null;
  /** In the project that was asked for. */
  role: Role | null;
  permissions: Permission[];
  /** Whether there is anybody who could sign in. */
  is_set_up: boolean;
};

export const meQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["me", project],
    queryFn: ({ signal }) => getJson<Me>("/me", { project }, signal),
    staleTime: 30_000,
  });

/** Undefined until the server has answered. */
export function useMe(): Me | undefined {
  return useQuery(meQuery(useProject())).data;
}

/** Whether the reader may do this in the project that is looked at. False until that is known. */
export function useMay(permission: Permission): boolean {
  return useMe()?.permissions.includes(permission) ?? false;
}
