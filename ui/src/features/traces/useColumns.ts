import { usePreference } from "../../base/preferences";
import { COLUMNS, type Column, DEFAULT_COLUMNS } from "./columns";
import type { ListState } from "./useListState";

export type ColumnChoice = {
  shown: readonly Column[];
  toggle: (id: string) => void;
  reset: () => void;
};

/** The columns of the link where it names them, else those that this reader chose last, else the usual ones. */
export function useColumns(state: ListState): ColumnChoice {
  const [preferred, setPreferred] = usePreference("columns", DEFAULT_COLUMNS.join(","));
  const wanted = (state.columns ?? preferred).split(",");
  const known = COLUMNS.filter((column) => wanted.includes(column.id));
  const shown = known.length > 0 ? known : COLUMNS.filter((column) => column.isDefault);

  const choose = (ids: readonly string[]) => {
    setPreferred(ids.join(","));
    if (state.columns !== null) state.change({ cols: ids.join(",") }, true);
  };
  const toggle = (id: string) => {
    const ids = shown.map((column) => column.id);
    const next = ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
    if (next.length > 0) choose(COLUMNS.map((column) => column.id).filter((known) => next.includes(known)));
  };
  return { shown, toggle, reset: () => choose(DEFAULT_COLUMNS) };
}
