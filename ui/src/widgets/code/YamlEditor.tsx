import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { codeColors, codeTheme } from "./codeTheme";
import classes from "./YamlEditor.module.css";

type YamlEditorProps = {
  /** What it shows first; typing does not come back here. */
  value: string;
  label: string;
  isReadOnly?: boolean;
  onChange: (text: string) => void;
};

/** A text area that knows YAML. Escape, then Tab, leaves it. */
export function YamlEditor(props: YamlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const { label, isReadOnly = false } = props;

  useEffect(() => {
    if (host.current === null) return;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          lineNumbers(),
          history(),
          yaml(),
          indentUnit.of("  "),
          indentOnInput(),
          syntaxHighlighting(codeColors),
          codeTheme,
          keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap]),
          EditorState.readOnly.of(isReadOnly),
          // Escape is the way out of the editor by keyboard; a dialog around it must not take it and close.
          EditorView.contentAttributes.of({ "aria-label": label, "data-mantine-stop-propagation": "true" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    return () => editor.destroy();
  }, [label, isReadOnly]);

  return <div ref={host} className={classes.editor} />;
}
