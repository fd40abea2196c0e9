import { ActionIcon, Button, Group, NumberInput, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useScoresStrings } from "../strings";

/** `id` tells the fields apart while they are typed. */
export type CategoryDraft = { id: number; label: string; value: number };

/** Categories with what each is worth. */
export function CategoryFields(props: {
  drafts: readonly CategoryDraft[];
  onChange: (drafts: CategoryDraft[]) => void;
}) {
  const t = useScoresStrings();
  const { drafts, onChange } = props;
  const change = (id: number, part: Partial<CategoryDraft>) =>
    onChange(drafts.map((draft) => (draft.id === id ? { ...draft, ...part } : draft)));
  const add = () =>
    onChange([...drafts, { id: Math.max(-1, ...drafts.map(({ id }) => id)) + 1, label: "", value: 0 }]);
  return (
    <div style={{ display: "grid", gap: 6 }}>
      {drafts.map(({ id, label, value }) => (
        <Group key={id} gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            aria-label={t("category")}
            placeholder={t("category")}
            value={label}
            maxLength={200}
            onChange={(event) => change(id, { label: event.currentTarget.value })}
          />
          <NumberInput
            size="xs"
            w={90}
            aria-label={t("worth")}
            value={value}
            onChange={(worth) => change(id, { value: Number(worth) })}
          />
          <ActionIcon
            aria-label={t("removeCategory")}
            disabled={drafts.length < 2}
            onClick={() => onChange(drafts.filter((draft) => draft.id !== id))}
          >
            <X size={14} />
          </ActionIcon>
        </Group>
      ))}
      <Button leftSection={<Plus size={13} />} onClick={add}>
        {t("addCategory")}
      </Button>
    </div>
  );
}
