import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ClipboardCheck } from "lucide-react";
import { useMemo } from "react";
import { scoreNamesQuery } from "../../../api/scores";
import { resolveRange } from "../../../base/time";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { ScopeBar } from "../parts/ScopeBar";
import classes from "../parts/scores.module.css";
import { useScope } from "../parts/useScope";
import { changed } from "../search";
import { useScoresStrings } from "../strings";
import { ScoreOnboarding } from "./ScoreOnboarding";
import { ScoreRow } from "./ScoreRow";

const BUCKETS = 24;
const YEAR = { from: "now-365d", to: "now", filter: "", source: "", at: "score" };

/** What is scored, and how it goes: /scores. */
export function ScoresPage() {
  const t = useScoresStrings();
  const search = useSearch({ from: "/scores/" });
  const navigate = useNavigate({ from: "/scores/" });
  const scope = useScope(search);
  const names = useQuery(scoreNamesQuery(scope, BUCKETS));
  const isEmpty = names.data?.items.length === 0;
  const ever = useQuery({ ...scoreNamesQuery({ ...YEAR, project: scope.project }, 0), enabled: isEmpty });
  const range = useMemo(
    () => resolveRange(scope, names.dataUpdatedAt || Date.now()) ?? { from: 0, to: 1 },
    [scope, names.dataUpdatedAt],
  );
  const change = (part: Parameters<typeof changed<typeof search>>[1]) =>
    void navigate({ search: (before) => changed(before, part) });
  if (isEmpty && ever.data?.items.length === 0)
    return <ScoreOnboarding project={scope.project} onRetry={() => void names.refetch()} />;
  return (
    <div className={classes.page}>
      <ScopeBar scope={scope} error={names.error} onChange={change} />
      {names.data !== undefined && <Stale error={names.error} />}
      {names.data === undefined &&
        (names.error ? (
          <ErrorState error={names.error} onRetry={() => void names.refetch()} />
        ) : (
          <Skeleton height={200} radius="sm" />
        ))}
      {isEmpty && (
        <EmptyState
          icon={<ClipboardCheck size={28} />}
          title={t("none")}
          actions={
            <Button onClick={() => change({ from: "now-30d", to: "now", filter: null, source: null })}>
              {t("widen")}
            </Button>
          }
        >
          {t("noneHint")}
        </EmptyState>
      )}
      {names.data && !isEmpty && (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("name")}</th>
                <th>{t("mean")}</th>
                <th>{t("quality")}</th>
                <th>{t("trend")}</th>
                <th className={classes.number}>{t("count")}</th>
                <th>{t("judged")}</th>
                <th>{t("sources")}</th>
                <th>{t("last")}</th>
              </tr>
            </thead>
            <tbody>
              {names.data.items.map((name) => (
                <ScoreRow key={`${name.name} ${name.data_type}`} name={name} range={range} search={search} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
