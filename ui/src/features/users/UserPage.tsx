import { ActionIcon, Button, Skeleton, Tooltip } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, UserRound } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { ApiError } from "../../api/client";
import { type User, userQuery } from "../../api/users";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatDateTime } from "../../base/time";
import { quoteValue } from "../../model/filterText";
import { CopyButton } from "../../widgets/CopyButton";
import { Cost } from "../../widgets/Cost";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { GroupBar } from "../../widgets/groups/GroupBar";
import { QualityText } from "../../widgets/groups/QualityText";
import { type GroupState, useGroupState } from "../../widgets/groups/useGroupState";
import { Activity } from "./Activity";
import { DeleteUserData } from "./DeleteUserData";
import { NewestSessions, NewestTraces } from "./Newest";
import { Spending } from "./Spending";
import { useUserStrings } from "./strings";
import classes from "./User.module.css";

/** What one end user did in a time range: /users/{user id}. */
export function UserPage() {
  const t = useUserStrings();
  const { userId } = useParams({ strict: false }) as { userId: string };
  const queryClient = useQueryClient();
  const state = useGroupState();
  const { project, from, to } = state.selection;
  const answer = useQuery(userQuery(project, userId, { from, to }));
  useEffect(() => {
    document.title = `${userId} · Spanglass`;
  }, [userId]);
  const refresh = () => void queryClient.invalidateQueries();
  return (
    <main className={classes.page}>
      <GroupBar
        state={state}
        kind="users"
        problem={null}
        placeholder=""
        hasFilter={false}
        isBusy={answer.isFetching}
        onRefresh={refresh}
      />
      <div className={classes.scroller} data-scroller>
        <header className={classes.head}>
          <Tooltip label={t("back")}>
            <ActionIcon aria-label={t("back")} renderRoot={(root) => <Link {...root} to="/users" />}>
              <ArrowLeft size={16} />
            </ActionIcon>
          </Tooltip>
          <h1 className={classes.title}>{userId}</h1>
          <CopyButton value={userId} label={t("copyId")} />
          <span className={classes.end}>
            <DeleteUserData userId={userId} onDeleted={refresh} />
          </span>
        </header>
        <Body userId={userId} state={state} answer={answer} />
      </div>
    </main>
  );
}

function Body(props: {
  userId: string;
  state: GroupState;
  answer: { data: User | undefined; error: Error | null; refetch: () => unknown };
}) {
  const t = useUserStrings();
  const { state, answer } = props;
  if (answer.error instanceof ApiError && answer.error.status === 404)
    return (
      <EmptyState
        icon={<UserRound size={28} />}
        title={t("notFound")}
        actions={<Button onClick={() => state.change({ from: "now-30d", to: "now" })}>{t("look30d")}</Button>}
      >
        {t("notFoundHint")}
      </EmptyState>
    );
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Skeleton height={160} m={12} />;
  const selection = { ...state.selection, filter: `user_id:${quoteValue(props.userId)}` };
  return (
    <>
      <UserFacts user={answer.data} />
      <Activity selection={selection} onZoom={(from, to) => state.change({ from, to })} />
      <div className={classes.columns}>
        <Spending selection={selection} by="feature" />
        <Spending selection={selection} by="model" />
        <NewestSessions selection={selection} />
        <NewestTraces selection={selection} />
      </div>
    </>
  );
}

function UserFacts(props: { user: User }) {
  const t = useUserStrings();
  const language = useLanguage();
  const { user } = props;
  return (
    <dl className={classes.facts}>
      <Fact label={t("seen")}>
        {formatDateTime(user.start_time).slice(0, 19)} – {formatDateTime(user.last_time).slice(0, 19)}
      </Fact>
      <Fact label={t("traces")}>{formatCount(user.trace_count, language)}</Fact>
      <Fact label={t("sessions")}>{formatCount(user.session_count, language)}</Fact>
      <Fact label={t("tokens")}>{formatCount(user.total_tokens, language)}</Fact>
      <Fact label={t("cost")}>
        <Cost usd={user.cost_usd} unpricedCount={user.unpriced_count} />
      </Fact>
      <Fact label={t("errors")}>{formatCount(user.error_count, language)}</Fact>
      <Fact label={t("quality")}>
        <QualityText group={user} />
      </Fact>
    </dl>
  );
}

function Fact(props: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
