import { Button, Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changeDataset, createDataset, type Dataset } from "../../api/datasets";
import { useProject } from "../../api/useProject";
import classes from "../../widgets/cards/cards.module.css";
import { Problem } from "../../widgets/cards/Problem";
import { useCardStrings } from "../../widgets/cards/strings";
import frame from "./DatasetFrame.module.css";
import { useDatasetStrings } from "./strings";
import { fromText, toText } from "./text";
import { ValueEditor } from "./ValueEditor";

/** A dataset's name, description and schemas; null is a new one. */
export function DatasetForm(props: {
  dataset: Dataset | null;
  onClose: () => void;
  onSaved: (dataset: Dataset) => void;
}) {
  const t = useDatasetStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { dataset } = props;
  const [name, setName] = useState(dataset?.name ?? "");
  const [description, setDescription] = useState(dataset?.description ?? "");
  const [input, setInput] = useState(toText(dataset?.input_schema ?? null));
  const [expected, setExpected] = useState(toText(dataset?.expected_output_schema ?? null));
  const schemas = [fromText(input), fromText(expected)];
  const isWhole = name.trim() !== "" && schemas.every((schema) => schema !== null);
  const saving = useMutation({
    mutationFn: () => {
      const given = {
        name: name.trim(),
        description,
        input_schema: schemas[0]?.value ?? null,
        expected_output_schema: schemas[1]?.value ?? null,
      };
      return dataset ? changeDataset(project, dataset.name, given) : createDataset(project, given);
    },
    onSuccess: async (saved) => {
      await queryClient.invalidateQueries({ queryKey: ["datasets"] });
      props.onSaved(saved);
    },
  });
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (isWhole) saving.mutate();
  };
  return (
    <Modal
      opened
      size="lg"
      onClose={props.onClose}
      title={dataset ? t("editing", { name: dataset.name }) : t("create")}
    >
      <form onSubmit={save} className={frame.fields}>
        <TextInput
          required
          label={t("name")}
          value={name}
          maxLength={255}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Textarea
          label={t("description")}
          autosize
          minRows={2}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <ValueEditor label={t("inputSchema")} text={input} onChange={setInput} />
        <ValueEditor label={t("expectedSchema")} text={expected} onChange={setExpected} />
        <span className="muted">{t("schemaHint")}</span>
        <Problem error={saving.error} />
        <footer className={classes.foot}>
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" disabled={!isWhole} loading={saving.isPending}>
            {words("save")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
