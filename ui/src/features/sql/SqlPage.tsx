import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { BookOpen, History, Link2, PanelLeft, Play, Square } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { sqlSchemaQuery } from "../../api/sql";
import { useShortcuts } from "../../base/shortcuts";
import { absoluteRange, type TimeRange } from "../../base/time";
import { CopyButton } from "../../widgets/CopyButton";
import { useListWords } from "../../widgets/list/strings";
import { TimeRangePicker } from "../../widgets/list/TimeRangePicker";
import { ViewsMenu } from "../../widgets/views/ViewsMenu";
import { titleOf } from "./examples";
import { problemOf } from "./problem";
import { ResultView } from "./ResultView";
import { SchemaBrowser } from "./SchemaBrowser";
import { type EditorHandle, SqlEditor } from "./SqlEditor";
import classes from "./SqlPage.module.css";
import { StatementMenu } from "./StatementMenu";
import { useSqlStrings } from "./strings";
import { useSqlHistory } from "./useSqlHistory";
import { useSqlState } from "./useSqlState";

/** SQL over the project's own rows: /sql. A link that holds a statement runs it where all can see it: it can only
 * read, within limits. */
export function SqlPage() {
  const t = useSqlStrings();
  const words = useListWords();
  const state = useSqlState();
  const schema = useQuery(sqlSchemaQuery(state.project));
  const editor = useRef<EditorHandle>(null);
  const [draft, setDraft] = useState(state.query);
  const [past, remember] = useSqlHistory();
  const [isSchemaShown, showSchema] = useState(() => window.innerWidth > 760);
  useEffect(() => setDraft(state.query), [state.query]);
  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);
  const run = (text: string) => {
    if (text.trim() === "") return;
    setDraft(text);
    remember(text.trim());
    state.run(text);
  };
  useShortcuts(t("title"), [{ keys: ["/"], label: t("focus"), run: () => editor.current?.focus() }]);
  const examples = schema.data?.examples ?? [];
  const problem = useMemo(() => problemOf(state.answer.error), [state.answer.error]);
  const isRunning = state.answer.fetchStatus === "fetching";
  return (
    <main className={classes.page}>
      <h1 className="sr-only">{t("title")}</h1>
      {isSchemaShown && schema.data !== undefined && (
        <SchemaBrowser schema={schema.data} onInsert={(text) => editor.current?.insert(text)} />
      )}
      <div className={classes.main}>
        <div className={classes.bar}>
          <SqlEditor
            value={draft}
            label={t("statement")}
            hint={t("hint")}
            schema={schema.data}
            problem={draft === state.query ? problem : null}
            handle={editor}
            onChange={setDraft}
            onRun={run}
          />
          <div className={classes.tools}>
            {isRunning ? (
              <Button variant="filled" leftSection={<Square size={12} />} onClick={state.cancel}>
                {t("cancel")}
              </Button>
            ) : (
              <Tooltip label={`${t("run")} (Ctrl+Enter)`}>
                <Button variant="filled" leftSection={<Play size={13} />} onClick={() => run(draft)}>
                  {t("run")}
                </Button>
              </Tooltip>
            )}
            <Tooltip label={isSchemaShown ? t("hideSchema") : t("showSchema")}>
              <ActionIcon
                aria-label={isSchemaShown ? t("hideSchema") : t("showSchema")}
                aria-expanded={isSchemaShown}
                onClick={() => showSchema(!isSchemaShown)}
              >
                <PanelLeft size={15} />
              </ActionIcon>
            </Tooltip>
            <StatementMenu
              icon={<BookOpen size={14} />}
              label={t("examples")}
              title={t("examples")}
              items={examples.map((one) => ({ key: one.name, label: titleOf(t, one), query: one.query }))}
              onChoose={run}
            />
            <StatementMenu
              icon={<History size={14} />}
              label={t("past")}
              title={past.length === 0 ? t("noHistory") : t("history")}
              items={past.map((query) => ({ key: query, label: null, query }))}
              onChoose={run}
            />
            <span className={classes.gap} />
            <TimeRangePicker range={state.range} onChange={(range) => state.change({ ...range })} />
            <ViewsMenu kind="sql" />
            <CopyButton
              label={words("copyLink")}
              icon={<Link2 size={16} />}
              value={() => linkTo(state.range)}
            />
          </div>
        </div>
        <ResultView
          state={state}
          examples={examples}
          onChoose={run}
          onPlace={(column) => editor.current?.goTo(column)}
        />
      </div>
    </main>
  );
}

/** The page's address with moments in place of "an hour ago". */
function linkTo(range: TimeRange): string {
  const link = new URL(window.location.href);
  const { from, to } = absoluteRange(range, Date.now());
  link.searchParams.set("from", from);
  link.searchParams.set("to", to);
  return link.toString();
}
