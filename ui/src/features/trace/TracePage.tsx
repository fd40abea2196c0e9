import { Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { FileQuestion } from "lucide-react";
import { useEffect, useMemo } from "react";
import { ApiError } from "../../api/client";
import { traceQuery } from "../../api/queries";
import type { TraceDetail } from "../../api/types";
import { useProject } from "../../api/useProject";
import { quoteValue } from "../../model/filterText";
import { buildTraceTree } from "../../model/traceTree";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { useTraceStrings } from "./strings";
import classes from "./TracePage.module.css";
import { TraceView } from "./TraceView";

/** Spans of a trace come in parts: it is looked at again while its last span is younger than this. */
const LIVE_FOR_MS = 60_000;
/** And the longer between looks, the more there is to look through. */
const REFRESH_MS = 2_000;
const REFRESH_MS_PER_SPAN = 0.8;

function isLive(detail: TraceDetail | undefined): boolean {
  return detail !== undefined && Date.now() - Date.parse(detail.trace.end_time) < LIVE_FOR_MS;
}

/** One trace, whole: /traces/{trace id}. */
export function TracePage() {
  const t = useTraceStrings();
  const { traceId } = useParams({ from: "/traces/$traceId" });
  const project = useProject();
  const queryClient = useQueryClient();
  const options = traceQuery(project, traceId);
  const answer = useQuery({
    ...options,
    refetchInterval: ({ state: { data } }) =>
      isLive(data) ? REFRESH_MS + REFRESH_MS_PER_SPAN * (data?.spans.length ?? 0) : false,
  });
  const detail = answer.data;
  const tree = useMemo(() => (detail ? buildTraceTree(detail.spans) : null), [detail]);
  const name = detail?.trace.name || traceId;

  useEffect(() => {
    document.title = `${name} · Spanglass`;
  }, [name]);

  if (detail && tree) {
    return (
      <TraceView
        key={traceId}
        trace={detail.trace}
        scores={detail.scores}
        tree={tree}
        isLive={isLive(detail)}
        onReload={() => void queryClient.invalidateQueries({ queryKey: options.queryKey })}
      />
    );
  }
  if (answer.error instanceof ApiError && answer.error.status === 404) {
    return (
      <EmptyState
        icon={<FileQuestion size={28} />}
        title={t("notFound")}
        actions={
          <>
            <button type="button" className={classes.plainButton} onClick={() => void answer.refetch()}>
              {t("retry")}
            </button>
            <Link
              to="/logs"
              search={{ filter: `trace_id:${quoteValue(traceId)}`, from: "now-30d", to: "now" }}
            >
              {t("toLogs")}
            </Link>
            <Link to="/traces">{t("toList")}</Link>
          </>
        }
      >
        <p className="mono">{traceId}</p>
        {t("notFoundHelp")}
      </EmptyState>
    );
  }
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  return <TraceSkeleton label={t("loading")} />;
}

function TraceSkeleton(props: { label: string }) {
  return (
    <div className={classes.skeleton} role="status" aria-label={props.label}>
      <Skeleton height={22} width="40%" />
      <Skeleton height={14} width="70%" />
      {Array.from({ length: 12 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: nothing but a place
        <Skeleton key={row} height={18} ml={(row % 4) * 14} width={`${30 + ((row * 37) % 60)}%`} />
      ))}
    </div>
  );
}
