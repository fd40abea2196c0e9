import { Select, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useMemo } from "react";
import { type ScoreSelection, scoreNamesQuery, scoreStatisticsQuery } from "../../../api/scores";
import { resolveRange, toRfc3339 } from "../../../base/time";
import { Stale } from "../../../widgets/cards/Stale";
import { ErrorState } from "../../../widgets/ErrorState";
import { ScopeBar } from "../parts/ScopeBar";
import classes from "../parts/scores.module.css";
import { useScope } from "../parts/useScope";
import { changed, type ScoreSearch } from "../search";
import { useScoresStrings } from "../strings";
import { Breakdown } from "./Breakdown";
import { Distribution } from "./Distribution";
import { NewestScores } from "./NewestScores";
import { ScoreFacts } from "./ScoreFacts";
import { Trend } from "./Trend";

/** Everything there is to one score: /scores/name/$name. */
export function ScorePage() {
  const t = useScoresStrings();
  const { name } = useParams({ from: "/scores/name/$name" });
  const search = useSearch({ from: "/scores/name/$name" });
  const navigate = useNavigate({ from: "/scores/name/$name" });
  const scope = useScope(search);
  const names = useQuery(scoreNamesQuery(scope, 0));
  const types = names.data?.items.filter((item) => item.name === name).map((item) => item.data_type) ?? [];
  const type = search.type ?? types[0] ?? "";
  const of = useMemo(() => ({ name, data_type: type }), [name, type]);
  const by = search.by ?? "feature";
  const { range, before } = useMemo(() => rangesOf(scope, Date.now()), [scope]);
  const statistics = useQuery(scoreStatisticsQuery(scope, of, by, before));
  const change = (part: { [Key in keyof ScoreSearch]?: ScoreSearch[Key] | null }) =>
    void navigate({ search: (old) => changed(old, part) });
  const { data } = statistics;
  return (
    <div className={classes.page}>
      <ScopeBar scope={scope} error={statistics.error} onChange={change} />
      <div className={classes.bar}>
        <Link
          to="/scores"
          search={({ from, to, filter, source, at }: ScoreSearch) =>
            changed({}, { from, to, filter, source, at })
          }
        >
          <ArrowLeft size={13} /> {t("back")}
        </Link>
        <h2 className={classes.title}>{name}</h2>
        {types.length > 1 && (
          <Select
            w={130}
            aria-label={t("asType")}
            allowDeselect={false}
            value={type}
            onChange={(chosen) => change({ type: chosen })}
            data={types.map((one) => ({ value: one, label: t(one) }))}
          />
        )}
      </div>
      {data === undefined ? (
        statistics.error ? (
          <ErrorState error={statistics.error} onRetry={() => void statistics.refetch()} />
        ) : (
          <Skeleton height={300} radius="sm" />
        )
      ) : (
        <>
          <Stale error={statistics.error} />
          <ScoreFacts statistics={data} />
          <div className={classes.panels}>
            <Trend
              scope={scope}
              of={of}
              count={data.total.count}
              range={range}
              onRange={(from, to) => change({ from: toRfc3339(from), to: toRfc3339(to) })}
            />
            <Distribution scope={scope} of={of} />
          </div>
          <Breakdown
            statistics={data}
            by={by}
            onBy={(group) => change({ by: group })}
            onFilter={(filter) => change({ filter })}
            filter={scope.filter}
          />
          <NewestScores
            scope={scope}
            of={of}
            isLow={search.low === "1"}
            onLow={(low) => change({ low: low ? "1" : null })}
          />
        </>
      )}
    </div>
  );
}

/** The range, and the one of its length before it. */
function rangesOf(scope: ScoreSelection, now: number) {
  const range = resolveRange(scope, now) ?? { from: now - 1, to: now };
  const before = {
    baseline_from: toRfc3339(2 * range.from - range.to),
    baseline_to: toRfc3339(range.from),
  };
  return { range, before };
}
