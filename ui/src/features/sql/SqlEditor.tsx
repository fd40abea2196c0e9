import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, toggleComment } from "@codemirror/commands";
import { keywordCompletionSource, SQLDialect, sql } from "@codemirror/lang-sql";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { type RefObject, useEffect, useRef } from "react";
import type { SqlSchema } from "../../api/sql";
import { codeColors, codeTheme } from "../../widgets/code/codeTheme";
import { completionsOf, KEYWORDS } from "./completions";
import classes from "./SqlEditor.module.css";

export type EditorHandle = {
  focus: () => void;
  insert: (text: string) => void;
  goTo: (column: number) => void;
};

type EditorProps = {
  value: string;
  label: string;
  hint: string;
  schema: SqlSchema | undefined;
  /** What is wrong with what was run last, and where, from 1; null where nothing is. */
  problem: { column: number; message: string } | null;
  handle: RefObject<EditorHandle | null>;
  onChange: (text: string) => void;
  onRun: (text: string) => void;
};

const DIALECT = SQLDialect.define({
  keywords: KEYWORDS,
  types: "string int64 uint64 float64 date datetime datetime64 array map nullable",
  backslashEscapes: true,
  identifierQuotes: '`"',
  hashComments: true,
  operatorChars: "*+-%<>!=/?:|",
});

/** A statement with completion of tables, columns and functions. Ctrl+Enter runs it. */
export function SqlEditor(props: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { label, hint, handle, problem } = props;

  useEffect(() => {
    if (host.current === null) return;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({ doc: latest.current.value, extensions: extensions(label, hint, latest) }),
    });
    view.current = editor;
    handle.current = handleOf(editor);
    return () => {
      editor.destroy();
      view.current = null;
      handle.current = null;
    };
  }, [label, hint, handle]);

  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== props.value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: props.value } });
  }, [props.value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const found = problem === null ? [] : [{ ...placeOf(editor, problem.column), message: problem.message }];
    editor.dispatch(
      setDiagnostics(
        editor.state,
        found.map((one) => ({ ...one, severity: "error" as const })),
      ),
    );
  }, [problem]);

  return <div ref={host} className={classes.editor} />;
}

function extensions(label: string, hint: string, latest: RefObject<EditorProps>) {
  const run = (editor: EditorView) => {
    latest.current.onRun(editor.state.doc.toString());
    return true;
  };
  const complete = (context: CompletionContext): CompletionResult | null => {
    const { schema } = latest.current;
    return schema === undefined ? null : completionsOf(context, schema);
  };
  return [
    Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
    keymap.of([{ key: "Mod-/", run: toggleComment }]),
    keymap.of([...completionKeymap, ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap]),
    lineNumbers(),
    history(),
    closeBrackets(),
    bracketMatching(),
    sql({ dialect: DIALECT, upperCaseKeywords: true }),
    autocompletion({ icons: false, override: [complete, keywordCompletionSource(DIALECT, true)] }),
    syntaxHighlighting(codeColors),
    codeTheme,
    placeholder(hint),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": label }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    }),
  ];
}

function handleOf(editor: EditorView): EditorHandle {
  return {
    focus: () => editor.focus(),
    insert: (text) => {
      editor.dispatch(editor.state.replaceSelection(text));
      editor.focus();
    },
    goTo: (column) => {
      const { from } = placeOf(editor, column);
      editor.dispatch({ selection: { anchor: from }, scrollIntoView: true });
      editor.focus();
    },
  };
}

/** The word at a column; places beyond the end are its last character. */
function placeOf(editor: EditorView, column: number): { from: number; to: number } {
  const from = Math.max(0, Math.min(column - 1, editor.state.doc.length));
  const word = editor.state.wordAt(from);
  if (word !== null) return { from: word.from, to: word.to };
  return {
    from: Math.max(0, from === editor.state.doc.length ? from - 1 : from),
    to: Math.min(from + 1, editor.state.doc.length),
  };
}
