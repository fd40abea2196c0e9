/** What every list's URL says, and the way to change it. */

import { useMemo } from "react";
import type { Selection } from "../../api/queries";
import { useProject } from "../../api/useProject";
import { DEFAULT_RANGE, type TimeRange } from "../../base/time";
import type { ListSearch, SearchChange } from "./listSearch";

export type ListState = {
  selection: Selection;
  range: TimeRange;
  filter: string;
  /** The list follows what arrives. */
  isLive: boolean;
  /** The columns that the link names; null is the reader's own choice. */
  columns: string | null;
  /** Changes the URL; `replace` leaves no step in the browser's history. */
  change: (part: SearchChange<ListSearch>, replace?: boolean) => void;
};

/** What the URL says, with the defaults for what it does not say. */
export function useSearchState(search: ListSearch): Omit<ListState, "change"> {
  const project = useProject();
  const from = search.from ?? DEFAULT_RANGE.from;
  const to = search.to ?? DEFAULT_RANGE.to;
  const filter = search.filter ?? "";
  const selection = useMemo(() => ({ project, from, to, filter }), [project, from, to, filter]);
  const range = useMemo(() => ({ from, to }), [from, to]);
  return { selection, range, filter, isLive: search.live === "1", columns: search.cols ?? null };
}
