import { Skeleton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { useEffect, useMemo } from "react";
import { ApiError } from "../../api/client";
import { sessionQuery, turnsQuery } from "../../api/sessions";
import { useProject } from "../../api/useProject";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { Conversation } from "./Conversation";
import classes from "./Session.module.css";
import { SessionHeader } from "./SessionHeader";
import type { SessionSearch } from "./search";
import { useSessionStrings } from "./strings";

/** One conversation, read as a chat: /sessions/{session id}. */
export function SessionPage() {
  const t = useSessionStrings();
  const project = useProject();
  const navigate = useNavigate();
  const { sessionId } = useParams({ strict: false }) as { sessionId: string };
  const { order = "start_time" } = useSearch({ strict: false }) as SessionSearch;
  const session = useQuery(sessionQuery(project, sessionId));
  const pages = useInfiniteQuery({ ...turnsQuery(project, sessionId, order), enabled: session.isSuccess });
  const turns = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  useEffect(() => {
    document.title = `${session.data?.first_input ?? sessionId} · Spanglass`;
  }, [session.data, sessionId]);

  if (session.error instanceof ApiError && session.error.status === 404)
    return (
      <EmptyState
        icon={<MessagesSquare size={28} />}
        title={t("notFound")}
        actions={<Link to="/sessions">{t("back")}</Link>}
      >
        <p className="mono">{sessionId}</p>
        {t("notFoundHint")}
      </EmptyState>
    );
  if (session.error) return <ErrorState error={session.error} onRetry={() => void session.refetch()} />;
  if (session.data === undefined)
    return (
      <div className={classes.loading} role="status" aria-label={t("loading")}>
        <Skeleton height={22} width="40%" />
        <Skeleton height={60} />
        <Skeleton height={140} />
      </div>
    );
  return (
    <main className={classes.page}>
      <SessionHeader
        session={session.data}
        order={order}
        onOrder={(next) =>
          void navigate({ to: ".", search: next === "start_time" ? {} : { order: next }, replace: true })
        }
      />
      {pages.error && turns.length === 0 ? (
        <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />
      ) : (
        <Conversation
          turns={turns}
          pages={pages}
          isNewestFirst={order === "-start_time"}
          total={session.data.trace_count}
        />
      )}
    </main>
  );
}
