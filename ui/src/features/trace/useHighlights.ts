import { type RefObject, useEffect } from "react";

const NAME = "trace-search";
/** Enough for a screen; a letter that occurs everywhere must not cost a second. */
const RANGES_MAX = 500;
/** React writes a view in several steps: they are marked once. */
const SETTLE_MS = 80;

/**
 * Marks where the query occurs in what is drawn, whatever drew it, and brings the first place into sight. Browsers
 * without the CSS Custom Highlight API mark nothing.
 */
export function useHighlights(place: RefObject<HTMLElement | null>, query: string, subject: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another subject is drawn anew into the same place
  useEffect(() => {
    const root = place.current;
    const needle = query.trim().toLowerCase();
    if (root === null || needle === "" || !("highlights" in CSS)) return;
    let hasScrolled = false;
    let timer = 0;
    const mark = () => {
      const ranges = rangesOf(root, needle);
      CSS.highlights.set(NAME, new Highlight(...ranges));
      if (hasScrolled || ranges[0] === undefined) return;
      hasScrolled = true;
      ranges[0].startContainer.parentElement?.scrollIntoView({ block: "nearest" });
    };
    const later = () => {
      clearTimeout(timer);
      timer = window.setTimeout(mark, SETTLE_MS);
    };
    const observer = new MutationObserver(later);
    observer.observe(root, { childList: true, subtree: true, characterData: true });
    later();
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      CSS.highlights.delete(NAME);
    };
  }, [place, query, subject]);
}

function rangesOf(root: HTMLElement, needle: string): Range[] {
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && ranges.length < RANGES_MAX; node = walker.nextNode()) {
    const text = (node.textContent ?? "").toLowerCase();
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) {
      const range = new Range();
      // Lower case may be longer than the text it came from.
      const length = node.textContent?.length ?? 0;
      range.setStart(node, Math.min(at, length));
      range.setEnd(node, Math.min(at + needle.length, length));
      ranges.push(range);
    }
  }
  return ranges;
}
