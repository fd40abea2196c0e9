import { Button, Group, Modal, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import {
  type Budget,
  type BudgetInput,
  type BudgetPeriod,
  type BudgetScope,
  putBudget,
} from "../../../api/budgets";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { useBudgetStrings } from "./strings";

const SCOPES: readonly BudgetScope[] = ["project", "team", "feature", "user", "model"];

function initial(budget: Budget | null): BudgetInput {
  if (budget !== null) {
    const { scope, value, period, amount_usd, time_zone } = budget;
    return { scope, value, period, amount_usd, time_zone };
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { scope: "project", value: "", period: "month", amount_usd: 100, time_zone: zone };
}

/** A budget by hand; null is a new one. */
export function BudgetForm(props: { budget: Budget | null; onClose: () => void }) {
  const t = useBudgetStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [name, setName] = useState(props.budget?.name ?? "");
  const [draft, setDraft] = useState(() => initial(props.budget));
  const change = (part: Partial<BudgetInput>) => setDraft((before) => ({ ...before, ...part }));
  const saving = useMutation({
    mutationFn: () =>
      putBudget(project, name.trim(), {
        ...draft,
        value: draft.scope === "project" ? "" : draft.value.trim(),
      }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["budgets"] });
      props.onClose();
    },
  });
  const isWhole =
    name.trim() !== "" && draft.amount_usd > 0 && (draft.scope === "project" || draft.value !== "");
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (isWhole) saving.mutate();
  };
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.budget ? t("editing", { name: props.budget.name }) : t("add")}
    >
      <form onSubmit={save} style={{ display: "grid", gap: 10 }}>
        <TextInput
          required
          label={t("name")}
          description={t("nameHint")}
          value={name}
          maxLength={64}
          disabled={props.budget !== null}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Select
          label={t("scope")}
          allowDeselect={false}
          value={draft.scope}
          onChange={(scope) => change({ scope: scope as BudgetScope })}
          data={SCOPES.map((scope) => ({ value: scope, label: t(scope) }))}
        />
        {draft.scope !== "project" && (
          <TextInput
            label={t("value")}
            value={draft.value}
            onChange={(event) => change({ value: event.currentTarget.value })}
          />
        )}
        <NumberInput
          size="xs"
          label={t("amount")}
          prefix="$"
          min={0}
          value={draft.amount_usd}
          onChange={(amount) => change({ amount_usd: Number(amount) })}
        />
        <SegmentedControl
          size="xs"
          aria-label={t("period")}
          value={draft.period}
          onChange={(period) => change({ period: period as BudgetPeriod })}
          data={(["day", "month"] as const).map((period) => ({
            value: period,
            label: `${t("period")} ${t(period)}`,
          }))}
        />
        <Select
          label={t("zone")}
          description={t("zoneHint")}
          searchable
          allowDeselect={false}
          value={draft.time_zone}
          onChange={(zone) => change({ time_zone: zone ?? "UTC" })}
          data={timeZones(draft.time_zone)}
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

function timeZones(chosen: string): string[] {
  return [...new Set(["UTC", chosen, ...Intl.supportedValuesOf("timeZone")])];
}
