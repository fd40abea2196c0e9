import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Globe, Unlink } from "lucide-react";
import { useEffect, useMemo } from "react";
import { ApiError } from "../../api/client";
import { type PublicTrace, publicTraceQuery } from "../../api/publicLinks";
import { formatCount, formatDuration } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatDateTime } from "../../base/time";
import { buildTraceTree } from "../../model/traceTree";
import { Cost } from "../../widgets/Cost";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { StatusMark } from "../trace/StatusMark";
import classes from "./Public.module.css";
import { PublicSpans } from "./PublicSpans";
import { usePublicStrings } from "./strings";

/** One trace for whoever has its address: /p/{token}. Nothing else of the app can be reached from it. */
export function PublicTracePage() {
  const t = usePublicStrings();
  const { token } = useParams({ strict: false }) as { token: string };
  const answer = useQuery(publicTraceQuery(token));
  useEffect(() => {
    document.title = `${answer.data?.trace.name ?? t("share")} · Spanglass`;
  }, [answer.data, t]);
  useNoIndex();
  if (answer.error instanceof ApiError && answer.error.status === 404)
    return (
      <EmptyState icon={<Unlink size={28} />} title={t("nothing")}>
        {t("nothingHint")}
      </EmptyState>
    );
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined)
    return (
      <div role="status" aria-label={t("loading")}>
        <Skeleton height={300} m={16} />
      </div>
    );
  return <Shown token={token} told={answer.data} />;
}

function Shown(props: { token: string; told: PublicTrace }) {
  const t = usePublicStrings();
  const language = useLanguage();
  const { told } = props;
  const { trace } = told;
  const tree = useMemo(() => buildTraceTree(told.spans), [told.spans]);
  return (
    <main className={classes.page}>
      <p className={classes.banner} role="note">
        <Globe size={14} aria-hidden />
        <span>
          <b>{t("banner")}</b> {told.shared_by ? t("askWho", { name: told.shared_by }) : t("askSomebody")}{" "}
          {t("endsAt", { time: formatDateTime(told.expires_at).slice(0, 16) })}{" "}
          {!told.with_payloads && t("hidden")}
        </span>
      </p>
      <header className={classes.header}>
        <h1 className={classes.title}>{trace.name}</h1>
        <StatusMark status={trace.status} />
        <span className={classes.facts}>
          <time dateTime={trace.start_time}>{formatDateTime(trace.start_time)}</time>
          <span>{formatDuration(trace.duration_ms)}</span>
          <span>{t("spans", { count: formatCount(trace.span_count, language) })}</span>
          <span>{t("tokens", { count: formatCount(trace.total_tokens, language) })}</span>
          <Cost usd={trace.cost_usd} unpricedCount={trace.unpriced_count} />
          {trace.service && <span>{trace.service}</span>}
        </span>
      </header>
      <PublicSpans token={props.token} tree={tree} />
    </main>
  );
}

/** Search engines that run scripts are told here; the server says so in a header as well. */
function useNoIndex(): void {
  useEffect(() => {
    const meta = document.createElement("meta");
    meta.name = "robots";
    meta.content = "noindex, nofollow";
    document.head.append(meta);
    return () => meta.remove();
  }, []);
}
