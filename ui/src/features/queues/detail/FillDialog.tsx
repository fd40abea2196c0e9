import { Button, Group, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type FillInput, fillQueue } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useQueueDetailStrings } from "./strings";

const SPANS = [
  ["now-1h", "h1"],
  ["now-24h", "h24"],
  ["now-7d", "d7"],
  ["now-30d", "d30"],
] as const;
const ORDERS = [
  ["-start_time", "newest"],
  ["start_time", "oldest"],
  ["-duration", "slowest"],
  ["-cost", "dearest"],
] as const;

/** Adds what a filter finds; counts it first where one asks. */
export function FillDialog(props: { queueId: string; filter: string; onClose: () => void }) {
  const t = useQueueDetailStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [filter, setFilter] = useState(props.filter);
  const [from, setFrom] = useState("now-7d");
  const [order, setOrder] = useState("-start_time");
  const [percent, setPercent] = useState<number | string>(100);
  const [limit, setLimit] = useState<number | string>(50);
  const isWhole = typeof percent === "number" && percent > 0 && typeof limit === "number" && limit > 0;
  const input = (dry_run: boolean): FillInput => ({
    ...{ target: "trace", filter, from, to: "now", order, dry_run },
    sampling_rate: Number(percent) / 100,
    limit: Number(limit),
  });
  const filling = useMutation({
    mutationFn: (isDryRun: boolean) => fillQueue(project, props.queueId, input(isDryRun)),
    onSuccess: async (_, isDryRun) => {
      if (isDryRun) return;
      await queryClient.invalidateQueries({ queryKey: ["queue"] });
      await queryClient.invalidateQueries({ queryKey: ["queue-items"] });
    },
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (isWhole) filling.mutate(false);
  };
  const { data } = filling;
  return (
    <Modal opened onClose={props.onClose} title={t("fill")} size="lg">
      <form onSubmit={add} style={{ display: "grid", gap: 10 }}>
        <p style={{ margin: 0 }}>{t("fillHint")}</p>
        <TextInput
          label={t("filter")}
          description={t("filterHint")}
          placeholder={t("filterPlaceholder")}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
          data-autofocus
          spellCheck={false}
        />
        <Group grow gap="xs" align="start">
          <Select
            label={t("span")}
            allowDeselect={false}
            value={from}
            onChange={(value) => setFrom(value ?? from)}
            data={SPANS.map(([value, word]) => ({ value, label: t(word) }))}
          />
          <Select
            label={t("order")}
            allowDeselect={false}
            value={order}
            onChange={(value) => setOrder(value ?? order)}
            data={ORDERS.map(([value, word]) => ({ value, label: t(word) }))}
          />
        </Group>
        <Group grow gap="xs" align="start">
          <NumberInput
            size="xs"
            label={t("share")}
            description={t("shareHint")}
            min={0}
            max={100}
            value={percent}
            onChange={setPercent}
          />
          <NumberInput
            size="xs"
            label={t("limit")}
            min={1}
            max={5_000}
            allowDecimal={false}
            value={limit}
            onChange={setLimit}
          />
        </Group>
        <Problem error={filling.error} />
        <p role="status" style={{ margin: 0, minHeight: 20 }}>
          {data &&
            t(filling.variables ? "counted" : "filled", { added: data.added, already: data.already_there })}
          {data && !data.is_complete && ` ${t("more")}`}
        </p>
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{t("close")}</Button>
          <Button
            disabled={!isWhole}
            loading={filling.isPending && filling.variables}
            onClick={() => filling.mutate(true)}
          >
            {t("count")}
          </Button>
          <Button
            type="submit"
            variant="filled"
            disabled={!isWhole}
            loading={filling.isPending && !filling.variables}
          >
            {t("add")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
