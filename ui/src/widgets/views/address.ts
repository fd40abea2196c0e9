/** A view is the part of a page's address after the question mark, without the project. */

import type { ProjectName } from "../../api/queries";
import { VIEW_KINDS, type ViewKind } from "../../api/views";

/** Follows what is open, not what a view is about. */
const PASSING = ["project", "live"];

/** The page that an address is of; null where views of it are not kept. */
export function kindOf(pathname: string): ViewKind | null {
  const [, page] = pathname.split("/");
  return VIEW_KINDS.find((kind) => kind === page) ?? null;
}

/** What is kept of an address; the order of its parameters says nothing. */
export function searchOf(search: string): string {
  const parameters = new URLSearchParams(search);
  for (const name of PASSING) parameters.delete(name);
  parameters.sort();
  return parameters.toString();
}

export function isShown(search: string, saved: string): boolean {
  return searchOf(search) === searchOf(saved);
}

/** What the router is told to open; the project that is looked at stays. */
export function recordOf(saved: string, project: ProjectName): Record<string, string> {
  const search = Object.fromEntries(new URLSearchParams(searchOf(saved)));
  return project === null ? search : { ...search, project };
}
