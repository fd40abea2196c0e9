import type { RefObject } from "react";
import { useShortcuts } from "../../base/shortcuts";
import { useListWords } from "../../widgets/list/strings";
import { useLogsStrings } from "./strings";

type LogKeys = {
  count: number;
  cursor: number;
  setCursor: (index: number) => void;
  toggle: (index: number) => void;
  openTrace: (index: number) => void;
  close: () => void;
  inputRef: RefObject<HTMLInputElement | null>;
  refresh: () => void;
  toggleLive: () => void;
  toggleFacets: () => void;
  toggleWrap: () => void;
};

export function useLogShortcuts(list: LogKeys): void {
  const t = useLogsStrings();
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
    { keys: ["Enter", "o"], label: t("open"), run: () => list.cursor >= 0 && list.toggle(list.cursor) },
    { keys: ["t"], label: t("openTrace"), run: () => list.cursor >= 0 && list.openTrace(list.cursor) },
    { keys: ["Escape"], label: t("close"), run: list.close },
    { keys: ["g", "Home"], label: t("toTop"), run: () => list.count > 0 && list.setCursor(0) },
    { keys: ["/"], label: words("focusFilter"), run: focusFilter },
    { keys: ["f"], label: words("facets"), run: list.toggleFacets },
    { keys: ["w"], label: t("wrap"), run: list.toggleWrap },
    { keys: ["l"], label: t("liveHint"), run: list.toggleLive },
    { keys: ["r"], label: words("refresh"), run: list.refresh },
  ]);
}
