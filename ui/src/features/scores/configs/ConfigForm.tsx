import {
  Button,
  Group,
  Input,
  Modal,
  NumberInput,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { createScoreConfig, type ScoreConfigInput, type ScoreConfigType } from "../../../api/scores";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { useScoresStrings } from "../strings";
import { type CategoryDraft, CategoryFields } from "./CategoryFields";

const TYPES: readonly ScoreConfigType[] = ["numeric", "categorical", "boolean", "text"];
const DIRECTIONS = ["higher", "lower", "none"] as const;

/** A new score configuration. */
export function ConfigForm(props: { onClose: () => void }) {
  const t = useScoresStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState<ScoreConfigInput>({
    name: "",
    data_type: "numeric",
    min_value: 0,
    max_value: 1,
    categories: [],
    description: null,
    better: "higher",
  });
  const [categories, setCategories] = useState<CategoryDraft[]>([
    { id: 0, label: "", value: 1 },
    { id: 1, label: "", value: 0 },
  ]);
  const change = (part: Partial<ScoreConfigInput>) => setDraft((before) => ({ ...before, ...part }));
  const named = categories.filter(({ label }) => label.trim() !== "");
  const isWhole = draft.name.trim() !== "" && (draft.data_type !== "categorical" || named.length > 0);
  const saving = useMutation({
    mutationFn: () => createScoreConfig(project, inputOf(draft, named)),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["score-configs"] });
      props.onClose();
    },
  });
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (isWhole) saving.mutate();
  };
  return (
    <Modal opened onClose={props.onClose} title={t("newConfig")}>
      <form onSubmit={save} style={{ display: "grid", gap: 10 }}>
        <TextInput
          required
          label={t("configName")}
          maxLength={200}
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          data-autofocus
        />
        <Select
          label={t("type")}
          allowDeselect={false}
          value={draft.data_type}
          onChange={(type) => change({ data_type: type as ScoreConfigType })}
          data={TYPES.map((type) => ({ value: type, label: t(type) }))}
        />
        {draft.data_type === "numeric" && (
          <Group grow gap="xs">
            <Bound label={t("min")} value={draft.min_value} onChange={(min_value) => change({ min_value })} />
            <Bound label={t("max")} value={draft.max_value} onChange={(max_value) => change({ max_value })} />
          </Group>
        )}
        {draft.data_type === "categorical" && <CategoryFields drafts={categories} onChange={setCategories} />}
        {draft.data_type !== "text" && (
          <Input.Wrapper label={t("better")}>
            <SegmentedControl
              aria-label={t("better")}
              fullWidth
              size="xs"
              value={draft.better}
              onChange={(better) => change({ better: better as ScoreConfigInput["better"] })}
              data={DIRECTIONS.map((one) => ({
                value: one,
                label: one === "none" ? t("noneBetter") : t(one),
              }))}
            />
          </Input.Wrapper>
        )}
        <Textarea
          size="xs"
          autosize
          minRows={2}
          label={t("description")}
          value={draft.description ?? ""}
          onChange={(event) => change({ description: event.currentTarget.value })}
        />
        <Problem error={saving.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" disabled={!isWhole} loading={saving.isPending}>
            {words("save")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function Bound(props: { label: string; value: number | null; onChange: (value: number | null) => void }) {
  return (
    <NumberInput
      size="xs"
      label={props.label}
      value={props.value ?? ""}
      onChange={(value) => props.onChange(value === "" ? null : Number(value))}
    />
  );
}

/** Only what the type has. */
function inputOf(draft: ScoreConfigInput, categories: readonly CategoryDraft[]): ScoreConfigInput {
  const isNumeric = draft.data_type === "numeric";
  return {
    ...draft,
    name: draft.name.trim(),
    description: draft.description?.trim() || null,
    min_value: isNumeric ? draft.min_value : null,
    max_value: isNumeric ? draft.max_value : null,
    categories:
      draft.data_type === "categorical"
        ? categories.map(({ label, value }) => ({ label: label.trim(), value }))
        : [],
    better: draft.data_type === "text" ? "none" : draft.better,
  };
}
