import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Inbox, SlidersHorizontal } from "lucide-react";
import { lazy, Suspense, useEffect } from "react";
import { type Overview, overviewQuery } from "../../api/overview";
import { histogramQuery, newestTraceQuery } from "../../api/queries";
import { Stale } from "../../widgets/cards/Stale";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { useReleases } from "../../widgets/releases/useReleases";
import { ScopeBar } from "../../widgets/scope/ScopeBar";
import { type ScopeState, useScopeState } from "../../widgets/scope/useScopeState";
import { TraceOnboarding } from "../traces/TraceOnboarding";
import { IndicatorCard } from "./IndicatorCard";
import classes from "./overview.module.css";
import { AlertsSection } from "./sections/AlertsSection";
import { TrafficSection } from "./sections/TrafficSection";
import { useOverviewStrings } from "./strings";

const LowerHalf = lazy(() =>
  import("./sections/LowerHalf").then((module) => ({ default: module.LowerHalf })),
);

const BUCKETS = 96;
const SKELETONS = ["latency", "errors", "tokens", "cost", "quality", "cache"];

/** How the project does: /overview. Each section below the indicators is a file in sections/. */
export function OverviewPage() {
  const t = useOverviewStrings();
  const scope = useScopeState();
  const { selection } = scope;
  const overview = useQuery(overviewQuery(selection, scope.comparison));
  const traffic = useQuery(histogramQuery(selection, BUCKETS));
  const isEmpty = traffic.data?.buckets.every((bucket) => bucket.count === 0) ?? false;
  const newest = useQuery({ ...newestTraceQuery(selection.project), enabled: isEmpty });
  const releases = useReleases(selection);
  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);
  if (isEmpty && newest.data === null)
    return <TraceOnboarding project={selection.project} onRetry={() => void traffic.refetch()} />;
  return (
    <main className={classes.scroll}>
      <div className={classes.page}>
        <h1 className="sr-only">{t("title")}</h1>
        <ScopeBar
          scope={scope}
          error={overview.error}
          updatedAt={overview.isPlaceholderData ? 0 : overview.dataUpdatedAt}
        />
        {overview.data !== undefined && <Stale error={overview.error} />}
        {isEmpty && <Nothing scope={scope} />}
        <Indicators overview={overview.data} filter={selection.filter} />
        {overview.data === undefined && overview.error && (
          <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />
        )}
        <TrafficSection scope={scope} marks={releases.marks} />
        <AlertsSection project={selection.project} />
        <Suspense fallback={<Skeleton height={400} radius="sm" />}>
          <LowerHalf scope={scope} releases={releases} />
        </Suspense>
      </div>
    </main>
  );
}

function Indicators(props: { overview: Overview | undefined; filter: string }) {
  const t = useOverviewStrings();
  const { overview } = props;
  return (
    <section aria-labelledby="overview-indicators">
      <header className={classes.head}>
        <h2 id="overview-indicators">{t("indicators")}</h2>
        <Button
          className={classes.end ?? ""}
          component={Link}
          to="/settings/thresholds"
          variant="subtle"
          color="gray"
          leftSection={<SlidersHorizontal size={14} />}
        >
          {t("editThresholds")}
        </Button>
      </header>
      <div className={classes.cards}>
        {overview === undefined
          ? SKELETONS.map((name) => <Skeleton key={name} height={170} radius="sm" />)
          : overview.indicators.map((indicator) => (
              <IndicatorCard
                key={indicator.name}
                indicator={indicator}
                overview={overview}
                filter={props.filter}
              />
            ))}
      </div>
    </section>
  );
}

/** There are traces, though none here. */
function Nothing(props: { scope: ScopeState }) {
  const t = useOverviewStrings();
  const { scope } = props;
  return (
    <EmptyState
      icon={<Inbox size={28} />}
      title={t("noTraces")}
      actions={
        <>
          <Button onClick={() => scope.change({ from: "now-7d", to: "now" })}>{t("look7d")}</Button>
          {scope.selection.filter !== "" && (
            <Button onClick={() => scope.change({ filter: null })}>{t("dropFilter")}</Button>
          )}
        </>
      }
    >
      {t("noTracesHint")}
    </EmptyState>
  );
}
