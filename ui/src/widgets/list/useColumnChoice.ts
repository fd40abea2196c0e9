import { usePreference } from "../../base/preferences";
import type { ListState } from "./listState";

type Known = { id: string; isDefault?: boolean };

export type ColumnChoice<Choice extends Known> = {
  all: readonly Choice[];
  shown: readonly Choice[];
  toggle: (id: string) => void;
  reset: () => void;
};

/** The columns of the link where it names them, else those that this reader chose last, else the usual ones. */
export function useColumnChoice<Choice extends Known>(
  all: readonly Choice[],
  state: ListState,
  preference: string,
): ColumnChoice<Choice> {
  const usual = all.filter((column) => column.isDefault);
  const usualIds = usual.map((column) => column.id);
  const [preferred, setPreferred] = usePreference(preference, usualIds.join(","));
  const wanted = (state.columns ?? preferred).split(",");
  const known = all.filter((column) => wanted.includes(column.id));
  const shown = known.length > 0 ? known : usual;

  const choose = (ids: readonly string[]) => {
    setPreferred(ids.join(","));
    if (state.columns !== null) state.change({ cols: ids.join(",") }, true);
  };
  const toggle = (id: string) => {
    const ids = shown.map((column) => column.id);
    const next = ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
    if (next.length > 0) choose(all.map((column) => column.id).filter((known) => next.includes(known)));
  };
  return { all, shown, toggle, reset: () => choose(usualIds) };
}
