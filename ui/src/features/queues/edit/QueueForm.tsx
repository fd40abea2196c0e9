import { Button, Group, MultiSelect, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { askableScoresQuery, type QueueInput } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { NewScore } from "./NewScore";
import { useQueueFormStrings } from "./strings";

export const EMPTY_QUEUE: QueueInput = {
  name: "",
  description: "",
  instructions: "",
  config_ids: [],
  reviewers_wanted: 1,
};

/** What a queue is: its name, what it asks and of how many. */
export function QueueForm(props: {
  initial: QueueInput;
  action: string;
  isSaving: boolean;
  error: Error | null;
  onSave: (input: QueueInput) => void;
  onCancel: () => void;
}) {
  const t = useQueueFormStrings();
  const scores = useQuery(askableScoresQuery(useProject()));
  const [draft, setDraft] = useState(props.initial);
  const [isAdding, setAdding] = useState(false);
  const change = (fields: Partial<QueueInput>) => setDraft((before) => ({ ...before, ...fields }));
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (draft.name.trim() !== "") props.onSave(draft);
  };
  const choices = scores.data?.items ?? [];
  return (
    <form onSubmit={save} style={{ display: "grid", gap: 12, maxWidth: 640 }}>
      <TextInput
        required
        label={t("name")}
        placeholder={t("namePlaceholder")}
        maxLength={200}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Textarea
        size="xs"
        label={t("description")}
        autosize
        maxLength={20_000}
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <MultiSelect
        size="xs"
        label={t("scores")}
        description={choices.length === 0 && scores.isSuccess ? t("noScores") : t("scoresHint")}
        searchable
        maxValues={20}
        value={draft.config_ids}
        onChange={(config_ids) => change({ config_ids })}
        data={choices.map((score) => ({ value: score.id, label: score.name }))}
      />
      {isAdding ? (
        <NewScore
          onMade={(score) => {
            setAdding(false);
            setDraft((before) => ({ ...before, config_ids: [...before.config_ids, score.id] }));
          }}
        />
      ) : (
        <div>
          <Button leftSection={<Plus size={13} />} onClick={() => setAdding(true)}>
            {t("addScore")}
          </Button>
        </div>
      )}
      <Textarea
        size="xs"
        label={t("instructions")}
        description={t("instructionsHint")}
        autosize
        minRows={3}
        maxRows={16}
        maxLength={20_000}
        value={draft.instructions}
        onChange={(event) => change({ instructions: event.currentTarget.value })}
      />
      <NumberInput
        size="xs"
        label={t("reviewers")}
        description={t("reviewersHint")}
        min={1}
        max={20}
        allowDecimal={false}
        clampBehavior="strict"
        w={260}
        value={draft.reviewers_wanted}
        onChange={(count) => typeof count === "number" && change({ reviewers_wanted: count })}
      />
      <Problem error={props.error} />
      <Group gap="xs">
        <Button type="submit" variant="filled" disabled={draft.name.trim() === ""} loading={props.isSaving}>
          {props.action}
        </Button>
        <Button onClick={props.onCancel}>{t("cancel")}</Button>
      </Group>
    </form>
  );
}
