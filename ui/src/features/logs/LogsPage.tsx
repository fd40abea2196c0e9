import { useNavigate } from "@tanstack/react-router";
import { WrapText } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import type { Log } from "../../api/types";
import { usePreference } from "../../base/preferences";
import { searchedWords, withValue } from "../../model/logFields";
import { FacetPanel } from "../../widgets/list/FacetPanel";
import { FreshPill } from "../../widgets/list/FreshPill";
import { ListFooter } from "../../widgets/list/ListFooter";
import { Toggle, Toolbar } from "../../widgets/list/Toolbar";
import { useColumnChoice } from "../../widgets/list/useColumnChoice";
import { LOG_COLUMNS } from "../../widgets/logs/columns";
import type { OnFilter } from "../../widgets/logs/LogFieldRow";
import { LogTable } from "../../widgets/logs/LogTable";
import { useLogWords } from "../../widgets/logs/strings";
import { LinkedLog } from "./LinkedLog";
import { LogHistogram } from "./LogHistogram";
import { LogsBody } from "./LogsBody";
import classes from "./LogsPage.module.css";
import { DEFAULT_ORDER } from "./search";
import { useLogsStrings } from "./strings";
import { useLogList } from "./useLogList";
import { useLogShortcuts } from "./useLogShortcuts";
import { useLogsState } from "./useLogsState";

const FACETS = ["severity", "service", "environment", "scope", "event_name"];
const OPEN_FACETS = ["severity", "service"];

/** Every log record of the project in a time range: /logs. */
export function LogsPage() {
  const t = useLogsStrings();
  const words = useLogWords();
  const navigate = useNavigate();
  const state = useLogsState();
  const { change, filter, openId } = state;
  const columns = useColumnChoice(LOG_COLUMNS, state, "log.columns");
  const [facets, setFacets] = usePreference("facets.panel", window.innerWidth > 1100 ? "shown" : "hidden");
  const [chart, setChart] = usePreference("chart.panel", "shown");
  const [wrap, setWrap] = usePreference("log.wrap", "off");
  const [isAtTop, setAtTop] = useState(true);
  const order = state.isLive ? DEFAULT_ORDER : state.order;
  const source = useLogList(state.selection, order, state.isLive, isAtTop);
  const { list, logs } = source;
  const [cursor, setCursor] = useState(-1);
  const [topSignal, setTopSignal] = useState(0);
  const inputRef = useRef<HTMLInputElement>(null);
  const context = useMemo(
    () => ({ t: words, now: Date.now(), marks: searchedWords(filter) }),
    [words, filter],
  );

  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);

  const onToggle = useCallback(
    (log: Log, index: number) => {
      setCursor(index);
      change({ log: log.log_id === openId ? null : log.log_id }, true);
    },
    [change, openId],
  );
  const onFilter = useCallback<OnFilter>(
    (field, value, choice) => change({ filter: withValue(filter, field, value, choice) }),
    [change, filter],
  );
  const onNearEnd = useCallback(() => {
    if (list.hasNextPage && !list.isFetchingNextPage && !list.isFetchNextPageError) void list.fetchNextPage();
  }, [list]);
  const toggleLive = () => {
    setCursor(-1);
    const from = state.range.from.startsWith("now") ? state.range.from : null;
    change(state.isLive ? { live: null } : { live: "1", to: null, from, order: null });
  };
  const showFresh = () => {
    source.showFresh();
    setTopSignal((signal) => signal + 1);
  };
  const openTrace = (index: number) => {
    const log = logs[index];
    if (!log?.trace_id) return;
    const search = log.span_id ? { span: log.span_id } : {};
    void navigate({ to: "/traces/$traceId", params: { traceId: log.trace_id }, search });
  };
  const close = () => {
    if (openId === null) setCursor(-1);
    else change({ log: null }, true);
  };
  const refresh = () => void source.refresh();
  const toggleFacets = () => setFacets(facets === "shown" ? "hidden" : "shown");
  const toggleWrap = () => setWrap(wrap === "on" ? "off" : "on");
  useLogShortcuts({
    count: logs.length,
    cursor,
    setCursor,
    toggle: (index) => logs[index] && onToggle(logs[index], index),
    openTrace,
    close,
    inputRef,
    refresh,
    toggleLive,
    toggleFacets,
    toggleWrap,
  });

  const problem =
    list.error instanceof ApiError && list.error.problem.column !== null ? list.error.problem : null;
  const isElsewhere = openId !== null && list.isSuccess && !logs.some((log) => log.log_id === openId);
  return (
    <main className={classes.page}>
      <h1 className="sr-only">{t("title")}</h1>
      <Toolbar
        state={state}
        target="logs"
        columns={{
          ...columns,
          all: LOG_COLUMNS.map((column) => ({ id: column.id, title: column.title(words) || words("trace") })),
          shown: columns.shown.map((column) => column.id),
        }}
        problem={problem}
        inputRef={inputRef}
        filterPlaceholder={t("filterPlaceholder")}
        isBusy={list.isFetching && !list.isFetchingNextPage}
        isLiveFailing={source.liveError !== null}
        liveHint={t("liveHint")}
        liveOn={t("liveOn")}
        hasFacets={facets === "shown"}
        hasChart={chart === "shown"}
        onFacets={toggleFacets}
        onChart={() => setChart(chart === "shown" ? "hidden" : "shown")}
        onLive={toggleLive}
        onRefresh={refresh}
      >
        <Toggle isOn={wrap === "on"} on={t("unwrap")} off={t("wrap")} onClick={toggleWrap}>
          <WrapText size={16} />
        </Toggle>
      </Toolbar>
      {chart === "shown" && <LogHistogram state={state} onFilter={onFilter} />}
      <div className={classes.main}>
        {facets === "shown" && (
          <FacetPanel
            state={state}
            target="logs"
            first={FACETS}
            openAtFirst={OPEN_FACETS}
            preference="log.facets"
          />
        )}
        <div className={classes.list}>
          <FreshPill
            count={source.freshCount}
            label={t("fresh", { count: source.freshCount })}
            onShow={showFresh}
          />
          {isElsewhere && (
            <LinkedLog
              project={state.selection.project}
              logId={openId}
              onFilter={onFilter}
              onClose={() => change({ log: null }, true)}
            />
          )}
          <LogsBody state={state} source={source} columns={columns.shown} problem={problem} onRetry={refresh}>
            <LogTable
              logs={logs}
              columns={columns.shown}
              context={context}
              isWrapped={wrap === "on"}
              order={order}
              onOrder={(next) => change({ order: next, live: null })}
              cursor={cursor}
              openId={openId}
              onToggle={onToggle}
              onFilter={onFilter}
              hasTraceLinks
              topSignal={topSignal}
              onNearEnd={onNearEnd}
              onTop={setAtTop}
              footer={<ListFooter list={list} count={logs.length} />}
            />
          </LogsBody>
        </div>
      </div>
    </main>
  );
}
