import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from "@codemirror/commands";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { useEffect, useRef } from "react";
import { fetchPrometheus } from "../../api/client";
import type { ProjectName } from "../../api/queries";
import { codeColors, codeTheme } from "../../widgets/code/codeTheme";
import classes from "./ExpressionEditor.module.css";

type EditorProps = {
  project: ProjectName;
  /** What the editor shows until somebody types. */
  value: string;
  label: string;
  hint: string;
  onChange: (text: string) => void;
  onRun: (text: string) => void;
};

/** An expression with completion of functions, metrics, labels and values. Enter runs it, Shift+Enter breaks. */
export function ExpressionEditor(props: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { project, label, hint } = props;

  useEffect(() => {
    if (host.current === null) return;
    const language = promql(project);
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          Prec.highest(keymap.of([{ key: "Enter", run: (one) => run(one, latest.current) }])),
          keymap.of([{ key: "Shift-Enter", run: insertNewlineAndIndent }]),
          keymap.of([...completionKeymap, ...closeBracketsKeymap, ...historyKeymap, ...lintKeymap]),
          keymap.of(defaultKeymap),
          history(),
          closeBrackets(),
          bracketMatching(),
          // What is shown as chosen is what Enter takes, also at once: it must not become a line break.
          autocompletion({ icons: false, interactionDelay: 0 }),
          language.asExtension(),
          syntaxHighlighting(codeColors),
          codeTheme,
          placeholder(hint),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      language.destroy();
      view.current = null;
    };
  }, [project, label, hint]);

  useEffect(() => {
    const editor = view.current;
    const shown = editor?.state.doc.toString();
    if (editor && shown !== props.value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: props.value } });
  }, [props.value]);

  return <div ref={host} className={classes.editor} />;
}

/** Enter takes the completion that is chosen; without one it runs the expression. */
function run(editor: EditorView, props: EditorProps): boolean {
  if (editor.dom.querySelector(".cm-tooltip-autocomplete [aria-selected=true]")) return false;
  props.onRun(editor.state.doc.toString());
  return true;
}

function promql(project: ProjectName): PromQLExtension {
  const query = project === null ? "" : `project=${encodeURIComponent(project)}`;
  return new PromQLExtension().setComplete({
    remote: {
      url: "/prometheus",
      httpMethod: "GET",
      fetchFn: (address, init) => fetchPrometheus(withQuery(String(address), query), init),
    },
  });
}

function withQuery(address: string, query: string): string {
  if (query === "") return address;
  return `${address}${address.includes("?") ? "&" : "?"}${query}`;
}
