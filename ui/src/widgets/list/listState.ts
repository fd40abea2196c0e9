/** What every list's URL says, and the way to change it. */

import type { Selection } from "../../api/queries";
import type { TimeRange } from "../../base/time";

export type ListParameter = "from" | "to" | "filter" | "order" | "live" | "cols";

export type ListState = {
  selection: Selection;
  range: TimeRange;
  filter: string;
  /** The list follows what arrives. */
  isLive: boolean;
  /** The columns that the link names; null is the reader's own choice. */
  columns: string | null;
  /** Changes the URL; `replace` leaves no step in the browser's history. */
  change: (part: Partial<Record<ListParameter, string | null>>, replace?: boolean) => void;
};
