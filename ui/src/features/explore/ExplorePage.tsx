import { ActionIcon, Button, SegmentedControl, Tooltip } from "@mantine/core";
import { Link2, Play, Radio, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { useShortcuts } from "../../base/shortcuts";
import { absoluteRange } from "../../base/time";
import { CopyButton } from "../../widgets/CopyButton";
import { useListWords } from "../../widgets/list/strings";
import { TimeRangePicker } from "../../widgets/list/TimeRangePicker";
import { ExampleList } from "./ExampleList";
import classes from "./ExplorePage.module.css";
import { ExpressionEditor } from "./ExpressionEditor";
import { GraphView } from "./GraphView";
import { HistoryMenu } from "./HistoryMenu";
import { MetricsMenu } from "./MetricsMenu";
import { useExploreStrings } from "./strings";
import { TableView } from "./TableView";
import { useExploreState } from "./useExploreState";
import { useHistory } from "./useHistory";

/** PromQL over everything that is measured: /explore. */
export function ExplorePage() {
  const t = useExploreStrings();
  const words = useListWords();
  const state = useExploreState();
  const [draft, setDraft] = useState(state.expression);
  const [past, remember] = useHistory();
  useEffect(() => setDraft(state.expression), [state.expression]);
  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);
  const run = (text: string) => {
    const expression = text.trim();
    setDraft(expression);
    remember(expression);
    state.change({ expr: expression });
  };
  const focus = () => document.querySelector<HTMLElement>("[data-expression] .cm-content")?.focus();
  const follow = () => state.change({ live: state.isLive ? null : "1" }, true);
  useShortcuts(t("title"), [
    { keys: ["/"], label: t("focus"), run: focus },
    { keys: ["r"], label: words("refresh"), run: state.refresh },
    { keys: ["l"], label: t("follow"), run: follow },
  ]);
  return (
    <main className={classes.page}>
      <h1 className="sr-only">{t("title")}</h1>
      <div className={classes.bar}>
        <div className={classes.ask} data-expression>
          <ExpressionEditor
            project={state.project}
            value={draft}
            label={t("expression")}
            hint={t("hint")}
            onChange={setDraft}
            onRun={run}
          />
          <Button variant="filled" leftSection={<Play size={13} />} onClick={() => run(draft)}>
            {t("run")}
          </Button>
        </div>
        <div className={classes.tools}>
          <SegmentedControl
            size="xs"
            aria-label={t("view")}
            value={state.isTable ? "table" : "graph"}
            onChange={(view) => state.change({ view: view === "table" ? "table" : null }, true)}
            data={[
              { value: "graph", label: t("graph") },
              { value: "table", label: t("table") },
            ]}
          />
          <MetricsMenu project={state.project} onChoose={(metric) => setDraft(metric)} />
          <HistoryMenu past={past} onChoose={run} />
          <span className={classes.gap} />
          <TimeRangePicker range={state.range} onChange={(range) => state.change({ ...range })} />
          <Tooltip label={state.isLive ? t("following") : t("follow")}>
            <Button
              variant={state.isLive ? "filled" : "default"}
              aria-pressed={state.isLive}
              leftSection={<Radio size={14} />}
              onClick={follow}
            >
              {words("live")}
            </Button>
          </Tooltip>
          <Tooltip label={`${words("refresh")} (r)`}>
            <ActionIcon aria-label={words("refresh")} onClick={state.refresh}>
              <RefreshCw size={15} />
            </ActionIcon>
          </Tooltip>
          <CopyButton
            label={words("copyLink")}
            icon={<Link2 size={16} />}
            value={() => linkTo(state.range)}
          />
        </div>
      </div>
      <div className={classes.body}>
        {state.expression === "" ? (
          <ExampleList onChoose={run} />
        ) : state.isTable ? (
          <TableView project={state.project} expression={state.expression} time={state.window.to} />
        ) : (
          <GraphView
            project={state.project}
            expression={state.expression}
            window={state.window}
            onRange={(from, to) => state.change({ from, to, live: null })}
          />
        )}
      </div>
    </main>
  );
}

/** The view's address with moments in place of "an hour ago". */
function linkTo(range: { from: string; to: string }): string {
  const link = new URL(window.location.href);
  const { from, to } = absoluteRange(range, Date.now());
  link.searchParams.set("from", from);
  link.searchParams.set("to", to);
  link.searchParams.delete("live");
  return link.toString();
}
