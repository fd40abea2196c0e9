/**
 * Two languages without a library. Every feature keeps its own words:
 *
 *   const useT = defineStrings({
 *     en: { retry: "Retry", found: (n: { count: number }) => `${n.count} found` },
 *     ko: { retry: "다시 시도", found: (n) => `${n.count}건` },
 *   });
 *   const t = useT();   t("retry")   t("found", { count: 3 })
 *
 * A missing or misspelt key, a missing argument and a missing translation are type errors.
 */

import { useSyncExternalStore } from "react";
import { preferences } from "./preferences";

export type Language = "en" | "ko";

type Message = string | ((args: never) => string);
type Messages = Record<string, Message>;
type Arguments<M extends Message> = M extends (args: infer A) => string ? [args: A] : [];
/** The same keys with the same arguments, whatever the words. */
type Translation<M extends Messages> = {
  [K in keyof M]: M[K] extends (args: infer A) => string ? (args: A) => string : string;
};

export type Translate<M extends Messages> = <K extends keyof M>(key: K, ...args: Arguments<M[K]>) => string;

export function currentLanguage(): Language {
  const chosen = preferences.read("language") ?? navigator.language.slice(0, 2);
  return chosen === "ko" ? "ko" : "en";
}

export function setLanguage(language: Language): void {
  preferences.write("language", language);
  document.documentElement.lang = language;
}

export function useLanguage(): Language {
  return useSyncExternalStore(preferences.subscribe, currentLanguage);
}

function translator<M extends Messages>(messages: M | Translation<M>): Translate<M> {
  return (key, ...args) => {
    const message = messages[key] as string | ((args: unknown) => string);
    return typeof message === "string" ? message : message(args[0]);
  };
}

export function defineStrings<M extends Messages>(words: { en: M; ko: Translation<M> }): () => Translate<M> {
  const translators = { en: translator<M>(words.en), ko: translator<M>(words.ko) };
  return () => translators[useLanguage()];
}
