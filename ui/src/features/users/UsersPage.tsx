import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { ApiError } from "../../api/client";
import { newestUserQuery, type User, usersQuery } from "../../api/users";
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
import { userColumns } from "./columns";
import { type UserTranslate, useUserStrings } from "./strings";

const AROUND_MS = 30 * 60_000;

/** End users with a trace in the time range: /users. */
export function UsersPage() {
  const t = useUserStrings();
  const language = useLanguage();
  const state = useGroupState();
  const list = useInfiniteQuery(usersQuery(state.selection, state.order));
  const users = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const columns = useMemo(() => userColumns(t), [t]);
  const inputRef = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);
  const refresh = () => void list.refetch();
  const cursor = useGroupKeys({
    title: t("title"),
    count: users.length,
    hrefOf: (index) => hrefOf(users[index]),
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
        kind="users"
        problem={problem}
        placeholder={t("filterPlaceholder")}
        isBusy={list.isFetching && !list.isFetchingNextPage}
        inputRef={inputRef}
        onRefresh={refresh}
      />
      <div className={classes.list}>
        <ListBody
          {...{ state, list, columns, problem }}
          count={users.length}
          newest={newestUserQuery(state.selection.project)}
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
            items={users}
            keyOf={idOf}
            linkOf={(user) => ({
              to: "/users/$userId",
              params: { userId: user.user_id },
              search: {},
            })}
            columns={columns}
            context={{ now: Date.now(), language }}
            label={t("title")}
            order={state.order}
            onOrder={(order) => state.change({ order })}
            cursor={cursor}
            onNearEnd={onNearEnd}
            footer={<ListFooter list={list} count={users.length} />}
            card={(user) => cardOf(user, t)}
          />
        </ListBody>
      </div>
    </main>
  );
}

function idOf(user: User): string {
  return user.user_id;
}

function hrefOf(user: User | undefined): string | undefined {
  return user && `/users/${encodeURIComponent(user.user_id)}`;
}

function cardOf(user: User, t: UserTranslate) {
  return [
    <span key="who" className={classes.cardTitle}>
      <b className="cut">{user.user_id}</b>
      <span className={classes.cardNumbers}>
        {user.error_count > 0 && (
          <span className={classes.error}>
            {user.error_count} {t("failed")}
          </span>
        )}
        <Cost usd={user.cost_usd} unpricedCount={user.unpriced_count} />
      </span>
    </span>,
    <span key="when" className={classes.cardTitle}>
      <time dateTime={user.last_time}>{formatTime(user.last_time, Date.now())}</time>
      <span className="cut">
        {t("tracesCount", { count: String(user.trace_count) })} ·{" "}
        {t("sessionsCount", { count: String(user.session_count) })}
      </span>
    </span>,
  ] as const;
}

function waysOf(t: UserTranslate) {
  return [
    {
      id: "python",
      title: t("wayPython"),
      hint: t("wayPythonHint"),
      code: 'spanglass.update_current_trace(user_id="u1")',
    },
    {
      id: "otel",
      title: t("wayOtel"),
      hint: t("wayOtelHint"),
      code: 'span.set_attribute("user.id", "u1")',
    },
  ];
}
