import { Skeleton, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { datasetQuery } from "../../api/datasets";
import { useProject } from "../../api/useProject";
import { ErrorState } from "../../widgets/ErrorState";
import { ExperimentList } from "../experiments/ExperimentList";
import { DatasetActions } from "./DatasetActions";
import { DatasetFrame } from "./DatasetFrame";
import { Items } from "./Items";
import type { DatasetSearch } from "./search";
import { useDatasetStrings } from "./strings";
import { Versions } from "./Versions";

const route = getRouteApi("/datasets/$name");

/** A dataset: its items, what was run over them, its versions. */
export function DatasetPage() {
  const t = useDatasetStrings();
  const project = useProject();
  const navigate = useNavigate();
  const { name } = route.useParams();
  const search = route.useSearch();
  const dataset = useQuery(datasetQuery(project, name));
  const go = (change: DatasetSearch) =>
    void navigate({ to: "/datasets/$name", params: { name }, search: change, replace: true });
  if (dataset.data === undefined) {
    if (dataset.error) return <ErrorState error={dataset.error} onRetry={() => void dataset.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const { version } = search;
  return (
    <DatasetFrame
      title={dataset.data.name}
      back="/datasets"
      actions={<DatasetActions dataset={dataset.data} version={version} />}
    >
      {dataset.data.description && <p style={{ margin: 0 }}>{dataset.data.description}</p>}
      <Tabs
        value={search.tab ?? "items"}
        keepMounted={false}
        onChange={(tab) =>
          go(tab === "experiments" || tab === "versions" ? { tab } : version === undefined ? {} : { version })
        }
      >
        <Tabs.List mb={10}>
          <Tabs.Tab value="items">{t("items")}</Tabs.Tab>
          <Tabs.Tab value="experiments">{t("experiments")}</Tabs.Tab>
          <Tabs.Tab value="versions">{t("versions")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="items">
          <Items dataset={dataset.data} search={search} onSearch={go} />
        </Tabs.Panel>
        <Tabs.Panel value="experiments">
          <ExperimentList
            dataset={name}
            page={search.page ?? 1}
            onPage={(page) => go({ tab: "experiments", page })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions dataset={dataset.data} onShow={(shown) => go({ version: shown })} />
        </Tabs.Panel>
      </Tabs>
    </DatasetFrame>
  );
}
