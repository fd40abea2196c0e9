/**
 * Keyboard shortcuts that also explain themselves: what is bound is what the help (?) shows. Keys never fire
 * while someone types, nor inside dialogs, menus and lists of options.
 */

import { useEffect, useRef, useSyncExternalStore } from "react";

export type Shortcut = {
  /** `KeyboardEvent.key` values that do the same, e.g. ["j", "ArrowDown"]. Shift is part of the key: "?", "N". */
  keys: readonly string[];
  label: string;
  /** Returning false leaves the event to others. */
  run: () => unknown;
};

export type ShortcutGroup = { title: string; shortcuts: readonly Shortcut[] };

let groups: readonly ShortcutGroup[] = [];
const listeners = new Set<() => void>();

function publish(next: readonly ShortcutGroup[]): void {
  groups = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where keys belong to the widget that has the focus. */
const OWN_KEYS = "input, textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]";

function belongsToWidget(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest(OWN_KEYS) !== null;
}

/** A focused button or link keeps Enter and Space, or the keyboard could not press it. */
function pressesControl(event: KeyboardEvent): boolean {
  const isPress = event.key === "Enter" || event.key === " ";
  return isPress && event.target instanceof Element && event.target.closest("button, a, summary") !== null;
}

/** The key as shortcuts name it: by its place where the layout writes other letters, such as Hangul, there. */
export function keyOf(event: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter === undefined || /^[ -~]$/.test(event.key)) return event.key;
  return event.shiftKey ? letter : letter.toLowerCase();
}

/** Binds the shortcuts of a page or panel for as long as it is on the screen. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  const signature = shortcuts.map((s) => `${s.keys.join(" ")}=${s.label}`).join("|");

  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the shortcuts' words
  useEffect(() => {
    const group = { title, shortcuts: latest.current };
    publish([...groups, group]);
    return () => publish(groups.filter((other) => other !== group));
  }, [title, signature]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (belongsToWidget(event) || pressesControl(event)) return;
      const key = keyOf(event);
      const shortcut = latest.current.find((candidate) => candidate.keys.includes(key));
      if (shortcut && shortcut.run() !== false) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

/** Everything that is bound right now, in the order it was mounted. */
export function useBoundShortcuts(): readonly ShortcutGroup[] {
  return useSyncExternalStore(subscribe, () => groups);
}
