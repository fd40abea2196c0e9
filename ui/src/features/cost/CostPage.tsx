import { Button, Select, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { CircleDollarSign } from "lucide-react";
import { ApiError } from "../../api/client";
import { COST_DIMENSIONS, type CostDimension, costQuery } from "../../api/cost";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { ScopeBar } from "../../widgets/scope/ScopeBar";
import { useScopeState } from "../../widgets/scope/useScopeState";
import { BudgetStrip } from "./BudgetStrip";
import { CostChart } from "./CostChart";
import { CostFacts } from "./CostFacts";
import { Costliest } from "./Costliest";
import { CostliestTraces } from "./CostliestTraces";
import { CostTable } from "./CostTable";
import classes from "./cost.module.css";
import { type CostSearch, parseCostSearch } from "./search";
import { useCostStrings } from "./strings";
import { TokenClasses } from "./TokenClasses";
import { Waterfall } from "./Waterfall";

/** Where the money goes: /cost. */
export function CostPage() {
  const t = useCostStrings();
  const scope = useScopeState();
  const search: CostSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const by: CostDimension = search.by ?? "feature";
  const { selection, compare } = scope;
  const answer = useQuery(costQuery({ selection, compare, by }));
  const isFilterWrong = answer.error instanceof ApiError && answer.error.problem.column !== null;
  const choose = (chosen: string | null) =>
    void navigate({
      to: ".",
      search: (before: Record<string, unknown>) => ({
        ...withoutBy(before),
        ...parseCostSearch({ ...before, by: chosen }),
      }),
    });
  return (
    <>
      <div className={classes.scope}>
        <ScopeBar scope={scope} error={answer.error} updatedAt={answer.dataUpdatedAt}>
          <Select
            size="xs"
            w={150}
            aria-label={t("by")}
            value={by}
            onChange={choose}
            allowDeselect={false}
            data={COST_DIMENSIONS.map((value) => ({ value, label: t(`by_${value}`) }))}
          />
        </ScopeBar>
      </div>
      {answer.error && !isFilterWrong && (
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      )}
      {answer.isPending && (
        <div role="status" aria-label={t("loading")}>
          <Skeleton height={220} m={12} />
        </div>
      )}
      {answer.data && !answer.error && answer.data.total.call_count === 0 && (
        <EmptyState
          icon={<CircleDollarSign size={28} />}
          title={t("nothing")}
          actions={
            <>
              {selection.filter !== "" && (
                <Button onClick={() => scope.change({ filter: null })}>{t("drop")}</Button>
              )}
              <Button onClick={() => scope.change({ from: "now-7d", to: "now" })}>{t("look7d")}</Button>
            </>
          }
        >
          {t("nothingHint")}
        </EmptyState>
      )}
      {answer.data && !answer.error && answer.data.total.call_count > 0 && (
        <div className={classes.page}>
          <CostFacts total={answer.data.total} />
          <CostChart selection={selection} by={by} onZoom={(from, to) => scope.change({ from, to })} />
          <CostTable
            costs={answer.data}
            selection={selection}
            compare={compare}
            by={by}
            onNarrow={(filter) => scope.change({ filter })}
          />
          <div className={classes.columns}>
            <Waterfall selection={selection} compare={compare} />
            <TokenClasses total={answer.data.total} />
            <BudgetStrip />
            <CostliestTraces selection={selection} />
            <Costliest selection={selection} by="user_id" />
            <Costliest selection={selection} by="session_id" />
          </div>
        </div>
      )}
    </>
  );
}

function withoutBy({ by: _by, ...others }: Record<string, unknown>): CostSearch {
  return others;
}
