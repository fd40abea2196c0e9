import { Button, Drawer } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  addItem,
  changeItem,
  type Dataset,
  type DatasetItem,
  deleteItem,
  type ItemInput,
  type ItemStatus,
} from "../../api/datasets";
import { useProject } from "../../api/useProject";
import { ConfirmButton } from "../../widgets/cards/ConfirmButton";
import cards from "../../widgets/cards/cards.module.css";
import { Problem } from "../../widgets/cards/Problem";
import { useCardStrings } from "../../widgets/cards/strings";
import classes from "./DatasetFrame.module.css";
import { useDatasetStrings } from "./strings";
import { fromText, toText } from "./text";
import { ValueEditor } from "./ValueEditor";

const FIELDS = ["input", "expected_output", "metadata"] as const;
type Field = (typeof FIELDS)[number];

/** An item to read and change; null is a new one. */
export function ItemDrawer(props: {
  dataset: Dataset;
  item: DatasetItem | null;
  isReadOnly: boolean;
  onClose: () => void;
}) {
  const t = useDatasetStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { dataset, item, isReadOnly } = props;
  const before = textsOf(item);
  const [texts, setTexts] = useState(before);
  const isSound = FIELDS.every((field) => fromText(texts[field]) !== null);
  const changed = FIELDS.filter((field) => texts[field] !== before[field]);
  const done = async () => {
    await queryClient.invalidateQueries({ queryKey: ["datasets"] });
    props.onClose();
  };
  const saving = useMutation({
    mutationFn: async () => {
      const value = (field: Field) => fromText(texts[field])?.value ?? null;
      if (item === null)
        await addItem(project, dataset.name, {
          input: value("input"),
          expected_output: value("expected_output"),
          metadata: value("metadata"),
        });
      else {
        const told = Object.fromEntries(changed.map((field) => [field, value(field)])) as Partial<ItemInput>;
        await changeItem(project, dataset.name, item.id, told);
      }
    },
    onSuccess: done,
  });
  const moving = useMutation({
    mutationFn: (status: ItemStatus) => changeItem(project, dataset.name, item?.id ?? "", { status }),
    onSuccess: done,
  });
  const removal = useMutation({
    mutationFn: () => deleteItem(project, dataset.name, item?.id ?? ""),
    onSuccess: done,
  });
  const labels = { input: t("input"), expected_output: t("expected"), metadata: t("metadata") };
  const isArchived = item?.status === "archived";
  return (
    <Drawer
      opened
      position="right"
      size="min(680px, 100%)"
      onClose={props.onClose}
      closeOnEscape={changed.length === 0}
      closeOnClickOutside={changed.length === 0}
      title={item ? t("item", { id: item.id }) : t("newItem")}
    >
      <div className={classes.fields}>
        <span className="muted">{isReadOnly ? t("readOnly") : t("textHint")}</span>
        {FIELDS.map((field) => (
          <ValueEditor
            key={field}
            label={labels[field]}
            text={texts[field]}
            isReadOnly={isReadOnly}
            onChange={(text) => setTexts((all) => ({ ...all, [field]: text }))}
          />
        ))}
        <Problem error={saving.error ?? moving.error} />
        <footer className={cards.foot}>
          {item !== null && !isReadOnly && (
            <>
              <ConfirmButton
                permission="admin"
                label={t("removeItem")}
                question={t("removeItemQuestion")}
                explained={t("removeItemExplained")}
                isPending={removal.isPending}
                error={removal.error}
                onConfirm={() => removal.mutate()}
              />
              <Button
                loading={moving.isPending}
                onClick={() => moving.mutate(isArchived ? "active" : "archived")}
              >
                {isArchived ? t("restore") : t("archive")}
              </Button>
            </>
          )}
          <span className={classes.gap} />
          <Button onClick={props.onClose}>{isReadOnly ? t("close") : words("cancel")}</Button>
          {!isReadOnly && (
            <Button
              variant="filled"
              disabled={!isSound || changed.length === 0}
              loading={saving.isPending}
              onClick={() => saving.mutate()}
            >
              {words("save")}
            </Button>
          )}
        </footer>
      </div>
    </Drawer>
  );
}

function textsOf(item: DatasetItem | null): Record<Field, string> {
  return {
    input: toText(item?.input ?? null),
    expected_output: toText(item?.expected_output ?? null),
    metadata: toText(item?.metadata ?? null),
  };
}
