import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type ScoreSelection, scoreStatisticsQuery } from "../../../api/scores";
import { resolveRange, toRfc3339 } from "../../../base/time";
import { Stale } from "../../../widgets/cards/Stale";
import { ErrorState } from "../../../widgets/ErrorState";
import classes from "../parts/scores.module.css";
import type { Group, ScoreSearch } from "../search";
import { Breakdown } from "./Breakdown";
import { Distribution } from "./Distribution";
import { ScoreFacts } from "./ScoreFacts";
import { Trend } from "./Trend";

/** What can be counted of a score: numbers, yes and no, categories. */
export function MeasuredScore(props: {
  scope: ScoreSelection;
  of: { name: string; data_type: string };
  by: Group;
  onChange: (part: { [Key in keyof ScoreSearch]?: ScoreSearch[Key] | null }) => void;
}) {
  const { scope, of, by, onChange } = props;
  const { range, before } = useMemo(() => rangesOf(scope, Date.now()), [scope]);
  const statistics = useQuery(scoreStatisticsQuery(scope, of, by, before));
  const { data, error } = statistics;
  if (data === undefined)
    return error ? (
      <ErrorState error={error} onRetry={() => void statistics.refetch()} />
    ) : (
      <Skeleton height={300} radius="sm" />
    );
  return (
    <>
      <Stale error={error} />
      <ScoreFacts statistics={data} />
      <div className={classes.panels}>
        <Trend
          scope={scope}
          of={of}
          count={data.total.count}
          range={range}
          onRange={(from, to) => onChange({ from: toRfc3339(from), to: toRfc3339(to) })}
        />
        <Distribution scope={scope} of={of} />
      </div>
      <Breakdown
        statistics={data}
        by={by}
        onBy={(group) => onChange({ by: group })}
        onFilter={(filter) => onChange({ filter })}
        filter={scope.filter}
      />
    </>
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
