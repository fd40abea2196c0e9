import { Button, Checkbox, Select, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { COMPARED_PAGE, type ComparedItem, comparisonQuery } from "../../api/experiments";
import { useProject } from "../../api/useProject";
import { Stale } from "../../widgets/cards/Stale";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { DatasetFrame } from "../datasets/DatasetFrame";
import classes from "../datasets/DatasetFrame.module.css";
import { Pages } from "../datasets/Pages";
import type { CompareSearch } from "../datasets/search";
import { ComparedDrawer } from "./ComparedDrawer";
import { CompareTable } from "./CompareTable";
import { RunSums } from "./RunSums";
import { useExperimentStrings } from "./strings";

const route = getRouteApi("/experiments/compare");

/** One to five experiments, item by item. */
export function ComparePage() {
  const t = useExperimentStrings();
  const project = useProject();
  const navigate = useNavigate();
  const search = route.useSearch();
  const { ids, baseline, score, order, changed, page = 1 } = search;
  const compared = useQuery({
    ...comparisonQuery(project, {
      ids,
      baseline,
      score,
      order,
      changed: changed === "1" ? true : undefined,
      offset: (page - 1) * COMPARED_PAGE,
    }),
    enabled: ids !== "",
  });
  const [opened, setOpened] = useState<ComparedItem | null>(null);
  const go = (next: CompareSearch) =>
    void navigate({ to: "/experiments/compare", search: next, replace: true });
  const { page: _, ...kept } = search;
  const told = compared.data;
  const isOne = told?.experiments.length === 1;
  const scores = [...new Set(told?.experiments.flatMap((one) => one.scores.map(({ name }) => name)))];
  return (
    <DatasetFrame
      title={isOne ? (told?.experiments[0]?.name ?? t("comparison")) : t("comparison")}
      back="/experiments"
    >
      {ids === "" && (
        <EmptyState
          icon={<FlaskConical size={28} />}
          title={t("noIds")}
          actions={<Button renderRoot={(root) => <Link {...root} to="/experiments" />}>{t("title")}</Button>}
        >
          {t("noIdsHint")}
        </EmptyState>
      )}
      {told === undefined && compared.error && (
        <ErrorState error={compared.error} onRetry={() => void compared.refetch()} />
      )}
      {told === undefined && ids !== "" && !compared.error && <Skeleton height={160} radius="sm" />}
      {told !== undefined && (
        <>
          <Stale error={compared.error} />
          <RunSums comparison={told} />
          <div className={classes.bar}>
            {!isOne && (
              <Select
                size="xs"
                label={t("baseline")}
                allowDeselect={false}
                value={told.baseline}
                onChange={(value) => value && go({ ...kept, baseline: value })}
                data={told.experiments.map((one) => ({ value: one.id, label: one.name }))}
              />
            )}
            {scores.length > 0 && !isOne && (
              <Select
                size="xs"
                label={t("score")}
                allowDeselect={false}
                value={told.score}
                onChange={(value) => value && go({ ...kept, score: value })}
                data={scores}
              />
            )}
            {!isOne && (
              <Select
                size="xs"
                label={t("order")}
                allowDeselect={false}
                value={order ?? "regressions"}
                onChange={(value) => {
                  const { order: __, ...rest } = kept;
                  go(
                    value === "improvements" || value === "dataset" ? { ...rest, order: value } : { ...rest },
                  );
                }}
                data={[
                  { value: "regressions", label: t("regressions") },
                  { value: "improvements", label: t("improvements") },
                  { value: "dataset", label: t("asInDataset") },
                ]}
              />
            )}
            {!isOne && (
              <Checkbox
                size="xs"
                mt={20}
                label={t("changedOnly")}
                checked={changed === "1"}
                onChange={(event) => {
                  const { changed: __, ...rest } = kept;
                  go(event.currentTarget.checked ? { ...rest, changed: "1" } : rest);
                }}
              />
            )}
          </div>
          <CompareTable comparison={told} onOpen={setOpened} />
          <Pages
            page={page}
            size={COMPARED_PAGE}
            total={told.total}
            onPage={(next) => go({ ...kept, page: next })}
          />
          {opened && <ComparedDrawer comparison={told} item={opened} onClose={() => setOpened(null)} />}
        </>
      )}
    </DatasetFrame>
  );
}
