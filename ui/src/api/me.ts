/** Who is looking, and what they may do: docs/sign-in.md. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { getJson, remove } from "./client";
import type { ProjectName } from "./queries";
import { useProject } from "./useProject";

export type Role = "viewer" | "editor" | "admin";
export type Permission = "read" | "ingest" | "edit" | "admin";

export type Person = { id: string; email: string; name: string; has_password: boolean };

export type Me = {
  /** `off`: the server asks nobody who they are, and everybody may do everything. */
  auth: "off" | "required";
  user: Person | null;
  organization: { name: string } | null;
  /** The one that was asked for, or the first that they see. */
  project: { id: string; name: string } | null;
  /** In that project. */
  role: Role | null;
  /** In every project. */
  organization_role: Role | null;
  permissions: Permission[];
  is_organization_admin: boolean;
  /** Whether there is anybody who could sign in. */
  is_set_up: boolean;
  session_id: string | null;
  /** Another way to sign in. */
  oidc: { label: string; url: string } | null;
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

export function signOut(): Promise<void> {
  return remove("/session", {});
}
