import type { RefObject } from "react";
import { useShortcuts } from "../../base/shortcuts";
import { useListWords } from "../../widgets/list/strings";
import { useListStrings } from "./strings";

type ListKeys = {
  count: number;
  cursor: number;
  setCursor: (index: number) => void;
  open: (index: number) => void;
  inputRef: RefObject<HTMLInputElement | null>;
  refresh: () => void;
  toggleLive: () => void;
  toggleFacets: () => void;
};

export function useListShortcuts(list: ListKeys): void {
  const t = useListStrings();
  const words = useListWords();
  const move = (step: number) => {
    if (list.count > 0) list.setCursor(Math.min(list.count - 1, Math.max(0, list.cursor + step)));
  };
  const focusFilter = () => {
    list.inputRef.current?.focus();
    list.inputRef.current?.select();
  };
  useShortcuts(words("list"), [
    { keys: ["j", "ArrowDown"], label: t("next"), run: () => move(1) },
    { keys: ["k", "ArrowUp"], label: t("previous"), run: () => move(-1) },
    { keys: ["Enter", "o"], label: t("open"), run: () => list.cursor >= 0 && list.open(list.cursor) },
    { keys: ["Escape"], label: words("unselect"), run: () => list.setCursor(-1) },
    { keys: ["g", "Home"], label: t("toTop"), run: () => list.count > 0 && list.setCursor(0) },
    { keys: ["/"], label: words("focusFilter"), run: focusFilter },
    { keys: ["f"], label: words("facets"), run: list.toggleFacets },
    { keys: ["l"], label: t("liveHint"), run: list.toggleLive },
    { keys: ["r"], label: words("refresh"), run: list.refresh },
  ]);
}
