import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Database, FlaskConical, Plus } from "lucide-react";
import { useState } from "react";
import { datasetsQuery } from "../../api/datasets";
import { useProject } from "../../api/useProject";
import { CodeBlock } from "../../widgets/CodeBlock";
import { CardList } from "../../widgets/cards/CardList";
import { SearchInput } from "../../widgets/cards/SearchInput";
import { Stale } from "../../widgets/cards/Stale";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { NeedsRole } from "../../widgets/NeedsRole";
import { DatasetCard } from "./DatasetCard";
import { DatasetForm } from "./DatasetForm";
import { DatasetFrame } from "./DatasetFrame";
import classes from "./DatasetFrame.module.css";
import { useDatasetStrings } from "./strings";

const route = getRouteApi("/datasets");

const EXAMPLE = `import spanglass

spanglass.init(service="lab")
spanglass.run_experiment(
    "new prompt",
    dataset="my dataset",
    task=answer,
    evaluators=[lambda output, expected_output: output == expected_output],
)`;

/** Questions with the answers that should come: /datasets. */
export function DatasetsPage() {
  const t = useDatasetStrings();
  const project = useProject();
  const navigate = useNavigate();
  const { text = "" } = route.useSearch();
  const datasets = useQuery(datasetsQuery(project, text));
  const [isCreating, setCreating] = useState(false);
  const found = datasets.data?.items ?? [];
  const isEmpty = datasets.data?.items.length === 0;
  const create = (
    <NeedsRole permission="ingest">
      <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
        {t("create")}
      </Button>
    </NeedsRole>
  );
  return (
    <DatasetFrame
      title={t("title")}
      actions={
        <>
          <Button
            leftSection={<FlaskConical size={14} />}
            renderRoot={(root) => <Link {...root} to="/experiments" />}
          >
            {t("experiments")}
          </Button>
          {!(isEmpty && text === "") && create}
        </>
      }
    >
      <Stale error={datasets.data === undefined ? null : datasets.error} />
      {datasets.data === undefined && datasets.error && (
        <ErrorState error={datasets.error} onRetry={() => void datasets.refetch()} />
      )}
      {datasets.data === undefined && !datasets.error && <Skeleton height={120} radius="sm" />}
      {!(isEmpty && text === "") && datasets.data && (
        <div className={classes.bar}>
          <SearchInput
            value={text}
            label={t("search")}
            onChange={(value) =>
              void navigate({ to: "/datasets", search: value === "" ? {} : { text: value }, replace: true })
            }
          />
        </div>
      )}
      {isEmpty && text !== "" && <p className="muted">{t("noneFound")}</p>}
      {isEmpty && text === "" && (
        <EmptyState icon={<Database size={28} />} title={t("none")} actions={create}>
          <p className={classes.hint}>{t("noneHint")}</p>
          <div className={classes.example}>
            <CodeBlock code={EXAMPLE} />
          </div>
        </EmptyState>
      )}
      <CardList
        items={found}
        keyOf={(dataset) => dataset.id}
        card={(dataset) => <DatasetCard dataset={dataset} />}
      />
      {isCreating && (
        <DatasetForm
          dataset={null}
          onClose={() => setCreating(false)}
          onSaved={(saved) => void navigate({ to: "/datasets/$name", params: { name: saved.name } })}
        />
      )}
    </DatasetFrame>
  );
}
