import { useSearch } from "@tanstack/react-router";
import type { ProjectName } from "./queries";

/** The project that the URL names; null is the server's own choice. */
export function useProject(): ProjectName {
  return useSearch({ strict: false, select: (search: { project?: string }) => search.project ?? null });
}
