import { useCallback, useMemo } from "react";
import { usePreference } from "../../base/preferences";

const KEPT = 40;
const CHARS_MAX = 4_000;

/** The statements that were run last in this browser, the newest first. Very long ones are not kept. */
export function useSqlHistory(): [readonly string[], (statement: string) => void] {
  const [text, write] = usePreference("sql.history", "[]");
  const past = useMemo(() => parse(text), [text]);
  const remember = useCallback(
    (statement: string) => {
      if (statement === "" || statement.length > CHARS_MAX) return;
      write(JSON.stringify([statement, ...past.filter((one) => one !== statement)].slice(0, KEPT)));
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
