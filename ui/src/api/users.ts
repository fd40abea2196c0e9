/** End users of what is traced: docs/sessions.md. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getJson, postJson } from "./client";
import type { ProjectName, Selection } from "./queries";
import { type Group, PAGE_SIZE } from "./sessions";
import type { Page } from "./types";

export type User = Group & { user_id: string; session_count: number };

/** What is stored of a user, of all time. */
export type UserData = { user_id: string; trace_count: number; span_count: number; session_count: number };

export type UserDeleted = {
  deleted_trace_count: number;
  deleted_span_count: number;
  remaining_trace_count: number;
};

export const usersQuery = (selection: Selection, order: string) =>
  infiniteQueryOptions({
    queryKey: ["users", selection, order],
    queryFn: ({ signal, pageParam }) =>
      getJson<Page<User>>("/users", { ...selection, order, limit: PAGE_SIZE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** When a user of the last year was last seen. */
export const newestUserQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["newest-user", project],
    queryFn: async ({ signal }) => {
      const query = { project, from: "now-365d", to: "now", limit: 1 };
      return (await getJson<Page<User>>("/users", query, signal)).items[0]?.last_time ?? null;
    },
    staleTime: 0,
  });

const userPath = (userId: string) => `/users/${encodeURIComponent(userId)}`;

export const userQuery = (project: ProjectName, userId: string, range: { from: string; to: string }) =>
  queryOptions({
    queryKey: ["user", project, userId, range],
    queryFn: ({ signal }) => getJson<User>(userPath(userId), { project, ...range }, signal),
  });

export const userDataQuery = (project: ProjectName, userId: string) =>
  queryOptions({
    queryKey: ["user-data", project, userId],
    queryFn: ({ signal }) => getJson<UserData>(`${userPath(userId)}/data`, { project }, signal),
    staleTime: 0,
  });

/** Some of the user's traces; asked again until nothing remains. */
export function deleteUserData(project: ProjectName, userId: string): Promise<UserDeleted> {
  return postJson(`${userPath(userId)}/delete-data`, { project }, { confirm: userId });
}
