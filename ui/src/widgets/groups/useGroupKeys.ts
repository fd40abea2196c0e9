import { useNavigate } from "@tanstack/react-router";
import { type RefObject, useEffect, useState } from "react";
import { useShortcuts } from "../../base/shortcuts";
import { useGroupWords } from "./strings";

/** The keys of a list of groups; gives the row that the keyboard is on. */
export function useGroupKeys(props: {
  title: string;
  count: number;
  /** The address of a row. */
  hrefOf: (index: number) => string | undefined;
  inputRef: RefObject<HTMLInputElement | null>;
  onRefresh: () => void;
}): number {
  const t = useGroupWords();
  const navigate = useNavigate();
  const [cursor, setCursor] = useState(-1);
  const { count } = props;
  useEffect(() => {
    setCursor((at) => Math.min(at, count - 1));
  }, [count]);
  const open = () => {
    const href = props.hrefOf(cursor);
    if (href !== undefined) void navigate({ href });
  };
  useShortcuts(props.title, [
    { keys: ["j", "ArrowDown"], label: t("next"), run: () => setCursor((at) => Math.min(at + 1, count - 1)) },
    { keys: ["k", "ArrowUp"], label: t("previous"), run: () => setCursor((at) => Math.max(at - 1, 0)) },
    { keys: ["Enter", "o"], label: t("open"), run: open },
    { keys: ["/"], label: t("focusFilter"), run: () => props.inputRef.current?.focus() },
    { keys: ["r"], label: t("refresh"), run: props.onRefresh },
  ]);
  return cursor;
}
