import { Button, Group, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Evaluator, estimateRun, startRun } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { EstimateView } from "../EstimateView";
import { useDetailStrings } from "./strings";

const DAYS = [1, 3, 7, 14, 30, 90];
const PAUSE_MS = 500;

/** "Score last week's 5 %", with what it would cost before it begins. */
export function RunDialog(props: { evaluator: Evaluator; onClose: () => void }) {
  const t = useDetailStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { evaluator } = props;
  const [days, setDays] = useState(7);
  const [rate, setRate] = useState(evaluator.sampling_rate || 1);
  const [filter, setFilter] = useState(evaluator.filter);
  const [budget, setBudget] = useState<number | null>(null);
  const [asked] = useDebouncedValue(
    { from: `now-${days}d`, to: "now", filter: filter.trim(), sampling_rate: rate },
    PAUSE_MS,
  );
  const estimate = useQuery({
    queryKey: ["evaluator-estimate", project, evaluator.id, evaluator.version, asked],
    queryFn: () => estimateRun(project, evaluator.id, asked),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const starting = useMutation({
    mutationFn: () =>
      startRun(project, evaluator.id, {
        from: `now-${days}d`,
        to: "now",
        filter: filter.trim(),
        sampling_rate: rate,
        budget_usd: budget,
      }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["evaluators"] });
      props.onClose();
    },
  });
  return (
    <Modal opened onClose={props.onClose} title={t("run")}>
      <div style={{ display: "grid", gap: 10 }}>
        <p className="muted">{t("runExplained")}</p>
        <Select
          label={t("from")}
          allowDeselect={false}
          value={String(days)}
          onChange={(value) => setDays(Number(value ?? 7))}
          data={DAYS.map((count) => ({
            value: String(count),
            label: count === 1 ? t("day") : t("days", { count }),
          }))}
        />
        <NumberInput
          label={t("share")}
          suffix=" %"
          min={0.001}
          max={100}
          decimalScale={3}
          value={Number((rate * 100).toFixed(6))}
          onChange={(percent) => setRate(Number(percent) / 100)}
        />
        <TextInput
          label={t("filter")}
          value={filter}
          classNames={{ input: "mono" }}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        {evaluator.is_judge && (
          <NumberInput
            label={t("budget")}
            description={t("budgetHint")}
            prefix="$"
            min={0}
            value={budget ?? ""}
            onChange={(usd) => setBudget(usd === "" ? null : Number(usd))}
          />
        )}
        {estimate.data && <EstimateView estimate={estimate.data} budget={budget} hasTime />}
        <Problem error={estimate.error ?? starting.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{t("close")}</Button>
          <Button
            variant="filled"
            loading={starting.isPending}
            disabled={rate <= 0 || estimate.data?.target_count === 0}
            onClick={() => starting.mutate()}
          >
            {t("begin")}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
