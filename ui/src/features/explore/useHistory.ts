import { useCallback, useMemo } from "react";
import { usePreference } from "../../base/preferences";

const KEPT = 30;

/** The expressions that were run last in this browser, the newest first. */
export function useHistory(): [readonly string[], (expression: string) => void] {
  const [text, write] = usePreference("explore.history", "[]");
  const past = useMemo(() => parse(text), [text]);
  const remember = useCallback(
    (expression: string) => {
      if (expression.trim() === "") return;
      write(JSON.stringify([expression, ...past.filter((one) => one !== expression)].slice(0, KEPT)));
    },
    [past, write],
  );
  return [past, remember];
}

function parse(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}
