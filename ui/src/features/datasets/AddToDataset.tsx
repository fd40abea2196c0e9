import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, DatabaseZap, Plus } from "lucide-react";
import { useState } from "react";
import { addFromTraces, datasetsQuery } from "../../api/datasets";
import { useProject } from "../../api/useProject";
import { useDatasetStrings } from "./strings";

/** Makes an item of a trace: what was asked, and the correction or answer. */
export function AddToDataset(props: { traceId: string }) {
  const t = useDatasetStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const datasets = useQuery({ ...datasetsQuery(project), enabled: isOpen });
  const adding = useMutation({
    mutationFn: (dataset: string) =>
      addFromTraces(project, dataset, {
        sources: [{ trace_id: props.traceId }],
        input: "question",
        expected_output: "correction_or_answer",
        dry_run: false,
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["datasets"] }),
  });
  const told = () => {
    const dataset = adding.variables ?? "";
    if (adding.error) return `${t("notAdded")}: ${adding.error.message}`;
    if (!adding.data) return "";
    if (adding.data.added > 0) return t("addedTo", { dataset });
    if (adding.data.duplicates > 0) return t("thereIn", { dataset });
    return `${t("notAdded")}: ${adding.data.skipped[0]?.reason ?? ""}`;
  };
  const found = datasets.data?.items ?? [];
  return (
    <>
      <span role="status" className="muted">
        {told()}
      </span>
      <Menu opened={isOpen} onChange={setOpen} position="bottom-end">
        <Menu.Target>
          <Tooltip label={t("addToDataset")} disabled={isOpen}>
            <ActionIcon size="sm" aria-label={t("addToDataset")}>
              {adding.isSuccess ? <Check size={14} /> : <DatabaseZap size={14} />}
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown mah={340} style={{ overflowY: "auto" }}>
          <Menu.Label>{datasets.isSuccess && found.length === 0 ? t("none") : t("choose")}</Menu.Label>
          {found.map((dataset) => (
            <Menu.Item key={dataset.id} onClick={() => adding.mutate(dataset.name)} maw={320} className="cut">
              {dataset.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<Plus size={13} />} component={Link} to="/datasets">
            {t("create")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
