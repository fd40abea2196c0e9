/** Where somebody goes once they are in. */

export type LoginSearch = { next?: string; error?: string };

const DOOR = /^\/(login|setup|invitation|reset)([?#/]|$)/;

/** A page of this app, and no door again; else the start page. What stands in the address may be anybody's:
 * `//host` and `/\host` lead to other hosts. */
export function ownPath(next: string | undefined): string {
  const isOwn = next !== undefined && /^\/(?![/\\])/.test(next) && !/[\t\n\r]/.test(next);
  return isOwn && !DOOR.test(next) ? next : "/";
}

export function parseLoginSearch(raw: Record<string, unknown>): LoginSearch {
  const search: LoginSearch = {};
  if (typeof raw.next === "string") search.next = raw.next;
  if (typeof raw.error === "string") search.error = raw.error;
  return search;
}

/** What stands behind `#token=`: in the fragment, which browsers send nowhere. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}
