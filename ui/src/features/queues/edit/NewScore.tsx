import { Button, Group, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type AskedScore, createAskedScore, type NewScore as NewScoreInput } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useQueueFormStrings } from "./strings";

const KINDS = ["grade", "share", "boolean", "categorical", "text"] as const;
type Kind = (typeof KINDS)[number];

/** The usual kinds of score, made on the spot. */
export function NewScore(props: { onMade: (score: AskedScore) => void }) {
  const t = useQueueFormStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>("grade");
  const [categories, setCategories] = useState("");
  const labels = [...new Set(categories.split(",").map((label) => label.trim()))].filter(Boolean);
  const isWhole = name.trim() !== "" && (kind !== "categorical" || labels.length > 1);
  const making = useMutation({
    mutationFn: () => createAskedScore(project, inputOf(name.trim(), kind, labels)),
    onSuccess: async (score) => {
      await queryClient.invalidateQueries({ queryKey: ["score-configs"] });
      setName("");
      setCategories("");
      props.onMade(score);
    },
  });
  return (
    <div style={{ display: "grid", gap: 8 }}>
      <TextInput
        label={t("scoreName")}
        placeholder="correctness"
        maxLength={35}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div style={{ overflowX: "auto" }}>
        <SegmentedControl
          aria-label={t("kind")}
          size="xs"
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={KINDS.map((value) => ({ value, label: t(value) }))}
        />
      </div>
      {kind === "categorical" && (
        <TextInput
          label={t("categories")}
          placeholder={t("categoriesPlaceholder")}
          value={categories}
          onChange={(event) => setCategories(event.currentTarget.value)}
        />
      )}
      <Problem error={making.error} />
      <Group>
        <Button disabled={!isWhole} loading={making.isPending} onClick={() => making.mutate()}>
          {t("make")}
        </Button>
      </Group>
    </div>
  );
}

function inputOf(name: string, kind: Kind, labels: readonly string[]): NewScoreInput {
  switch (kind) {
    case "grade":
      return { name, data_type: "numeric", min_value: 1, max_value: 5 };
    case "share":
      return { name, data_type: "numeric", min_value: 0, max_value: 1 };
    case "categorical":
      return {
        name,
        data_type: "categorical",
        categories: labels.map((label, place) => ({ label, value: place / (labels.length - 1) })),
      };
    default:
      return { name, data_type: kind };
  }
}
