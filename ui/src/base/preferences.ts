/** Personal choices that a shared link must not carry. Kept in localStorage where the browser allows it. */

import { useSyncExternalStore } from "react";

const PREFIX = "spanglass.";
const listeners = new Set<() => void>();
/** What was written while storage is forbidden (private windows, embedded frames). */
const fallback = new Map<string, string>();

function read(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key) ?? fallback.get(key) ?? null;
  } catch {
    return fallback.get(key) ?? null;
  }
}

function write(key: string, value: string): void {
  fallback.set(key, value);
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Forbidden or full: the choice lasts until the page is closed.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

/** A named preference: `usePreference("density", "compact")` gives its value and a setter. */
export function usePreference(key: string, initial: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(subscribe, () => read(key) ?? initial);
  return [value, (next) => write(key, next)];
}

export const preferences = { read, write, subscribe };
