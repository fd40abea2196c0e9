/** People, projects, keys and the audit log: docs/team.md, docs/sign-in.md. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getJson, patchJson, postJson, putJson, queryString, remove, request } from "./client";
import type { Person, Role } from "./me";
import type { ProjectName } from "./queries";
import type { Page, Project } from "./types";

export type Scope = "ingest" | "read" | "admin";

export type Key = {
  public_key: string;
  scopes: Scope[];
  note: string;
  created_at: string;
  created_by: string;
  expires_at: string | null;
  is_expired: boolean;
  last_used_at: string | null;
};

export type MadeKey = Key & { secret_key: string };

export type NewKey = { scopes: Scope[]; note: string; expires_in_days: number | null };

export type Member = Person & {
  is_disabled: boolean;
  created_at: string;
  last_seen_at: string | null;
  /** In the project that was asked for. */
  role: Role | null;
  /** `project` by name; null is every project. */
  memberships: { project: string | null; role: Role }[];
};

export type Invitation = {
  id: string;
  email: string;
  project: string | null;
  role: Role;
  invited_by: string;
  created_at: string;
  expires_at: string;
};

export type OpenedInvitation = {
  email: string;
  organization: string;
  project: string | null;
  role: Role;
  expires_at: string;
  has_account: boolean;
};

export type UserSession = {
  id: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  address: string;
  user_agent: string;
  is_current: boolean;
};

export type AuditEntry = {
  id: string;
  time: string;
  actor: { type: "user" | "key" | "cli" | "system" | "anyone"; id: string; name: string };
  action: string;
  project: string | null;
  target: string;
  details: Record<string, unknown>;
  address: string;
};

export type AuditAsked = {
  project: ProjectName;
  from: string;
  actor: string;
  action: string;
  scope: "project" | "everything";
};

export const keysQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["keys", project],
    queryFn: ({ signal }) => getJson<{ items: Key[] }>("/keys", { project }, signal),
  });

export const membersQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["members", project],
    queryFn: ({ signal }) => getJson<{ items: Member[] }>("/members", { project }, signal),
  });

export const invitationsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["invitations", project],
    queryFn: ({ signal }) => getJson<{ items: Invitation[] }>("/invitations", { project }, signal),
  });

export const mySessionsQuery = () =>
  queryOptions({
    queryKey: ["my-sessions"],
    queryFn: ({ signal }) => getJson<{ items: UserSession[] }>("/account/sessions", {}, signal),
  });

export type ProjectContents = {
  traces: number;
  spans: number;
  logs: number;
  keys: number;
  judges_project: string | null;
};

export const contentsQuery = (name: string) =>
  queryOptions({
    queryKey: ["project-contents", name],
    queryFn: ({ signal }) => getJson<ProjectContents>(`${pathOf(name)}/contents`, { project: name }, signal),
    staleTime: 0,
  });

export const auditQuery = (asked: AuditAsked) =>
  infiniteQueryOptions({
    queryKey: ["audit", asked],
    queryFn: ({ signal, pageParam }) =>
      getJson<Page<AuditEntry>>("/audit", { ...asked, limit: 100, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const auditActionsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["audit-actions", project],
    queryFn: ({ signal }) => getJson<{ items: string[] }>("/audit/actions", { project }, signal),
  });

/** Where the entries are as a file. */
export function auditFile(asked: AuditAsked, format: "csv" | "jsonl"): string {
  return `/api/v1/audit/export${queryString({ ...asked, format })}`;
}

export function createKey(project: ProjectName, input: NewKey): Promise<MadeKey> {
  return postJson<MadeKey>("/keys", { project }, input);
}

export function changeKey(project: ProjectName, publicKey: string, note: string): Promise<Key> {
  return patchJson<Key>(`/keys/${publicKey}`, { project }, { note });
}

export function revokeKey(project: ProjectName, publicKey: string): Promise<void> {
  return remove(`/keys/${publicKey}`, { project });
}

export function createProject(name: string): Promise<Project> {
  return postJson<Project>("/projects", {}, { name });
}

export function renameProject(name: string, to: string): Promise<Project> {
  return patchJson<Project>(pathOf(name), { project: name }, { name: to });
}

export function setRetention(name: string, days: number | null): Promise<Project> {
  return putJson<Project>(`${pathOf(name)}/retention`, { project: name }, { days });
}

export function deleteProject(name: string): Promise<void> {
  return remove(pathOf(name), { project: name, confirm: name });
}

export function renameOrganization(name: string): Promise<unknown> {
  return putJson("/organization", {}, { name });
}

export function setRole(project: ProjectName, id: string, role: Role, place: string | null): Promise<Member> {
  return putJson<Member>(`/members/${id}`, { project }, { role, project: place });
}

export type Removal = "project" | "organization" | "everywhere";

export function removeMember(project: ProjectName, id: string, place: Removal): Promise<void> {
  return remove(`/members/${id}`, { project, place });
}

export function setDisabled(project: ProjectName, id: string, isDisabled: boolean): Promise<Member> {
  return putJson<Member>(`/members/${id}/disabled`, { project }, { is_disabled: isDisabled });
}

export function createResetLink(project: ProjectName, id: string): Promise<{ link: string }> {
  return postJson<{ link: string }>(`/members/${id}/reset`, { project }, {});
}

export type NewInvitation = { email: string; role: Role; project: string | null };

export function invite(project: ProjectName, input: NewInvitation): Promise<Invitation & { link: string }> {
  return postJson<Invitation & { link: string }>("/invitations", { project }, input);
}

export function revokeInvitation(project: ProjectName, id: string): Promise<void> {
  return remove(`/invitations/${id}`, { project });
}

export function signIn(email: string, password: string): Promise<Person> {
  return postJson<Person>("/session", {}, { email, password });
}

export type SetUp = { token: string; organization: string; email: string; name: string; password: string };

export function setUp(input: SetUp): Promise<Person> {
  return postJson<Person>("/setup", {}, input);
}

export function lookAtInvitation(token: string): Promise<OpenedInvitation> {
  return postJson<OpenedInvitation>("/invitations/look", {}, { token });
}

export function acceptInvitation(token: string, name: string, password: string): Promise<Person> {
  return postJson<Person>("/invitations/accept", {}, { token, name, password });
}

export function resetPassword(token: string, password: string): Promise<Person> {
  return postJson<Person>("/account/reset", {}, { token, password });
}

export function changeName(name: string): Promise<Person> {
  return putJson<Person>("/account", {}, { name });
}

export async function changePassword(oldPassword: string, newPassword: string): Promise<void> {
  const body = JSON.stringify({ old_password: oldPassword, new_password: newPassword });
  await request("POST", "/account/password", {}, { body });
}

export function endSession(id: string): Promise<void> {
  return remove(`/account/sessions/${id}`, {});
}

export function endOtherSessions(): Promise<void> {
  return remove("/account/sessions", {});
}

function pathOf(name: string): string {
  return `/projects/${encodeURIComponent(name)}`;
}
