import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { ApiError } from "../../api/client";
import { newestSessionQuery, type Session, sessionsQuery } from "../../api/sessions";
import { formatDuration } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatTime } from "../../base/time";
import { Cost } from "../../widgets/Cost";
import { GroupBar } from "../../widgets/groups/GroupBar";
import classes from "../../widgets/groups/GroupList.module.css";
import { GroupTable } from "../../widgets/groups/GroupTable";
import { useGroupKeys } from "../../widgets/groups/useGroupKeys";
import { useGroupState } from "../../widgets/groups/useGroupState";
import { ListBody } from "../../widgets/list/ListBody";
import { ListFooter } from "../../widgets/list/ListFooter";
import { Onboarding } from "../../widgets/list/Onboarding";
import { sessionColumns } from "./columns";
import { type SessionTranslate, useSessionStrings } from "./strings";

const AROUND_MS = 30 * 60_000;

/** Conversations with a trace in the time range: /sessions. */
export function SessionsPage() {
  const t = useSessionStrings();
  const language = useLanguage();
  const state = useGroupState();
  const list = useInfiniteQuery(sessionsQuery(state.selection, state.order));
  const sessions = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const columns = useMemo(() => sessionColumns(t), [t]);
  const inputRef = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);
  const refresh = () => void list.refetch();
  const cursor = useGroupKeys({
    title: t("title"),
    count: sessions.length,
    hrefOf: (index) => hrefOf(sessions[index]),
    inputRef,
    onRefresh: refresh,
  });
  const onNearEnd = useCallback(() => {
    if (list.hasNextPage && !list.isFetchingNextPage && !list.isFetchNextPageError) void list.fetchNextPage();
  }, [list]);
  const problem =
    list.error instanceof ApiError && list.error.problem.column !== null ? list.error.problem : null;
  return (
    <main className={classes.page}>
      <h1 className="sr-only">{t("title")}</h1>
      <GroupBar
        state={state}
        kind="sessions"
        problem={problem}
        placeholder={t("filterPlaceholder")}
        isBusy={list.isFetching && !list.isFetchingNextPage}
        inputRef={inputRef}
        onRefresh={refresh}
      />
      <div className={classes.list}>
        <ListBody
          {...{ state, list, columns, problem }}
          count={sessions.length}
          newest={newestSessionQuery(state.selection.project)}
          aroundMs={AROUND_MS}
          words={{
            loading: t("loading"),
            nothing: t("nothing"),
            quiet: t("quiet"),
            quietHint: (time) => t("quietHint", { time }),
          }}
          onboarding={
            <Onboarding
              project={state.selection.project}
              title={t("welcome")}
              hint={t("welcomeHint")}
              ways={waysOf(t)}
              onRetry={refresh}
            />
          }
          onRetry={refresh}
        >
          <GroupTable
            items={sessions}
            keyOf={idOf}
            linkOf={(session) => ({
              to: "/sessions/$sessionId",
              params: { sessionId: session.session_id },
              search: {},
            })}
            columns={columns}
            context={{ now: Date.now(), language }}
            label={t("title")}
            order={state.order}
            onOrder={(order) => state.change({ order })}
            cursor={cursor}
            onNearEnd={onNearEnd}
            footer={<ListFooter list={list} count={sessions.length} />}
            card={(session) => cardOf(session, t)}
          />
        </ListBody>
      </div>
    </main>
  );
}

function idOf(session: Session): string {
  return session.session_id;
}

function hrefOf(session: Session | undefined): string | undefined {
  return session && `/sessions/${encodeURIComponent(session.session_id)}`;
}

function cardOf(session: Session, t: SessionTranslate) {
  return [
    <span key="said" className={classes.cardTitle}>
      <b className="cut">{session.first_input ?? session.session_id}</b>
      <span className={classes.cardNumbers}>
        {session.error_count > 0 && (
          <span className={classes.error}>{t("errorsCount", { count: String(session.error_count) })}</span>
        )}
        <Cost usd={session.cost_usd} unpricedCount={session.unpriced_count} />
      </span>
    </span>,
    <span key="when" className={classes.cardTitle}>
      <time dateTime={session.last_time}>{formatTime(session.last_time, Date.now())}</time>
      <span className="cut">
        {t("tracesCount", { count: String(session.trace_count) })} · {formatDuration(session.duration_ms)}
        {session.user_ids.length > 0 && ` · ${session.user_ids.join(", ")}`}
      </span>
    </span>,
  ] as const;
}

function waysOf(t: SessionTranslate) {
  return [
    {
      id: "python",
      title: t("wayPython"),
      hint: t("wayPythonHint"),
      code: 'spanglass.update_current_trace(session_id="chat-42", user_id="u1")',
    },
    {
      id: "otel",
      title: t("wayOtel"),
      hint: t("wayOtelHint"),
      code: 'span.set_attribute("session.id", "chat-42")',
    },
  ];
}
