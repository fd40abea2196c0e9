/** CodeMirror in the app's colours; both themes, since every colour is a variable. */

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const codeTheme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", fontSize: "12.5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": {
    fontFamily: "var(--mantine-font-family-monospace)",
    caretColor: "var(--text)",
    padding: "7px 0",
  },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "1.5" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selected)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", border: "0" },
  ".cm-activeLineGutter": { backgroundColor: "transparent" },
  ".cm-placeholder": { color: "var(--muted)" },
  ".cm-tooltip": {
    backgroundColor: "var(--page)",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
    boxShadow: "0 4px 14px rgb(0 0 0 / 14%)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mantine-font-family-monospace)",
    fontSize: "12px",
    maxHeight: "260px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--selected)",
    color: "var(--text)",
  },
  ".cm-completionDetail": { color: "var(--muted)", fontStyle: "normal", marginLeft: "10px" },
  ".cm-completionInfo": { padding: "6px 9px", fontSize: "12px", maxWidth: "340px" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent)", fontWeight: "600" },
  ".cm-completionIcon": { display: "none" },
  ".cm-diagnostic": { padding: "4px 8px", fontSize: "12px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--error)" },
});

export const codeColors = HighlightStyle.define([
  { tag: [tags.keyword, tags.function(tags.variableName), tags.modifier], color: "var(--chart-p50)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool], color: "var(--warn)" },
  { tag: [tags.labelName, tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.comment, color: "var(--muted)" },
  { tag: tags.invalid, color: "var(--error)" },
]);
