import { Alert, Button, FileInput, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Dataset, importItems } from "../../api/datasets";
import { useProject } from "../../api/useProject";
import cards from "../../widgets/cards/cards.module.css";
import { Problem } from "../../widgets/cards/Problem";
import classes from "./DatasetFrame.module.css";
import { useDatasetStrings } from "./strings";

/** Items of a file: all of them or, with each fault by its line, none. */
export function ImportDialog(props: { dataset: Dataset; onClose: () => void }) {
  const t = useDatasetStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const importing = useMutation({
    mutationFn: (chosen: File) =>
      importItems(project, props.dataset.name, chosen, /\.csv$/i.test(chosen.name) ? "csv" : "jsonl"),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["datasets"] }),
  });
  const told = importing.data;
  return (
    <Modal opened onClose={props.onClose} title={t("import")} size="lg">
      <div className={classes.fields}>
        <FileInput
          label={t("file")}
          description={t("fileHint")}
          placeholder="items.jsonl"
          accept=".jsonl,.ndjson,.json,.csv"
          clearable
          value={file}
          onChange={(chosen) => {
            setFile(chosen);
            importing.reset();
          }}
        />
        <Problem error={importing.error} />
        {told && told.rejected_count === 0 && (
          <Alert color="green" role="status">
            {t("imported", {
              added: String(told.added),
              changed: String(told.changed),
              unchanged: String(told.unchanged),
            })}
          </Alert>
        )}
        {told && told.rejected_count > 0 && (
          <Alert color="red" title={t("rejected", { count: String(told.rejected_count) })} role="alert">
            <ul style={{ margin: 0, paddingLeft: 18, overflowWrap: "anywhere" }}>
              {told.rejected.map((line) => (
                <li key={`${line.line} ${line.reason}`}>
                  <b>{t("line", { line: String(line.line) })}</b> {line.reason}
                </li>
              ))}
            </ul>
          </Alert>
        )}
        <footer className={cards.foot}>
          <Button onClick={props.onClose}>{t("close")}</Button>
          <Button
            variant="filled"
            disabled={file === null}
            loading={importing.isPending}
            onClick={() => file && importing.mutate(file)}
          >
            {t("import")}
          </Button>
        </footer>
      </div>
    </Modal>
  );
}
