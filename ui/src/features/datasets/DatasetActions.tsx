import { Button, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Download, FileUp, ListTree, Pencil, Plus } from "lucide-react";
import { useState } from "react";
import { type Dataset, deleteDataset, exportItems } from "../../api/datasets";
import { useProject } from "../../api/useProject";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { ConfirmButton } from "../../widgets/cards/ConfirmButton";
import { useCardStrings } from "../../widgets/cards/strings";
import { NeedsRole } from "../../widgets/NeedsRole";
import { DatasetForm } from "./DatasetForm";
import { FromTracesDialog } from "./FromTracesDialog";
import { ImportDialog } from "./ImportDialog";
import { ItemDrawer } from "./ItemDrawer";
import { useDatasetStrings } from "./strings";

/** What can be done with a dataset. `version`: the one that is shown, and exported. */
export function DatasetActions(props: { dataset: Dataset; version: string | undefined }) {
  const t = useDatasetStrings();
  const words = useCardStrings();
  const language = useLanguage();
  const project = useProject();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { dataset, version } = props;
  const [open, setOpen] = useState<"item" | "traces" | "import" | "edit" | null>(null);
  const close = () => setOpen(null);
  const download = useMutation({
    mutationFn: (format: "jsonl" | "parquet") => exportItems(project, dataset.name, format, version),
    onSuccess: (file, format) => save(file, `${dataset.name}${version ? `@${version}` : ""}.${format}`),
  });
  const removal = useMutation({
    mutationFn: () => deleteDataset(project, dataset.name),
    onSuccess: async () => {
      await navigate({ to: "/datasets" });
      await queryClient.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
  return (
    <>
      {download.error && (
        <span role="alert">
          {t("exportFailed")}: {download.error.message}
        </span>
      )}
      <NeedsRole permission="ingest">
        <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setOpen("item")}>
          {t("addItem")}
        </Button>
      </NeedsRole>
      <NeedsRole permission="ingest">
        <Button leftSection={<ListTree size={14} />} onClick={() => setOpen("traces")}>
          {t("fromTraces")}
        </Button>
      </NeedsRole>
      <NeedsRole permission="ingest">
        <Button leftSection={<FileUp size={14} />} onClick={() => setOpen("import")}>
          {t("import")}
        </Button>
      </NeedsRole>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button leftSection={<Download size={14} />} loading={download.isPending}>
            {t("export")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => download.mutate("jsonl")}>{t("exportLines")}</Menu.Item>
          <Menu.Item onClick={() => download.mutate("parquet")}>{t("exportParquet")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button leftSection={<Pencil size={14} />} onClick={() => setOpen("edit")}>
        {words("edit")}
      </Button>
      <ConfirmButton
        permission="admin"
        label={words("remove")}
        question={t("removeQuestion")}
        explained={t("removeExplained", { count: formatCount(dataset.item_count, language) })}
        isPending={removal.isPending}
        error={removal.error}
        onConfirm={() => removal.mutate()}
      />
      {open === "item" && <ItemDrawer dataset={dataset} item={null} isReadOnly={false} onClose={close} />}
      {open === "traces" && <FromTracesDialog dataset={dataset} onClose={close} />}
      {open === "import" && <ImportDialog dataset={dataset} onClose={close} />}
      {open === "edit" && (
        <DatasetForm
          dataset={dataset}
          onClose={close}
          onSaved={(saved) => {
            close();
            void navigate({ to: "/datasets/$name", params: { name: saved.name }, replace: true });
          }}
        />
      )}
    </>
  );
}

/** Fetched rather than linked: a link cannot carry a key. */
function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
