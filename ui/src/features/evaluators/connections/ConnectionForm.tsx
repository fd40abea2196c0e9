import { Button, Group, Modal, NumberInput, PasswordInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import {
  type JudgeConnection,
  type JudgeConnectionInput,
  type JudgeConnections,
  putConnection,
} from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { useConnectionStrings } from "./strings";

const FIRST: JudgeConnectionInput = {
  provider: "anthropic",
  base_url: "",
  api_key: "",
  default_model: "",
  input_usd_per_mtok: null,
  output_usd_per_mtok: null,
  concurrency_max: 8,
  calls_per_minute_max: null,
};

/** A connection by hand; null is a new one. */
export function ConnectionForm(props: {
  connection: JudgeConnection | null;
  known: JudgeConnections;
  onClose: () => void;
}) {
  const t = useConnectionStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [name, setName] = useState(props.connection?.name ?? "judge");
  const [draft, setDraft] = useState(() => inputOf(props.connection));
  const provider = props.known.providers.find((one) => one.name === draft.provider);
  const [firstKey] = props.known.env_keys;
  const change = (part: Partial<JudgeConnectionInput>) => setDraft((before) => ({ ...before, ...part }));
  const saving = useMutation({
    mutationFn: () => putConnection(project, name.trim(), draft),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["judge-connections"] });
      props.onClose();
    },
  });
  const save = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  const numberOf = (value: number | string) => (value === "" ? null : Number(value));
  return (
    <Modal
      opened
      onClose={props.onClose}
      closeOnClickOutside={false}
      title={props.connection ? t("editing", { name: props.connection.name }) : t("add")}
    >
      <form onSubmit={save} style={{ display: "grid", gap: 10 }}>
        <TextInput
          required
          data-autofocus
          label={t("name")}
          maxLength={64}
          disabled={props.connection !== null}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          required
          searchable
          allowDeselect={false}
          label={t("provider")}
          description={provider?.is_installed === false ? t("install", provider) : t("providerHint")}
          value={draft.provider}
          onChange={(chosen) => change({ provider: chosen ?? draft.provider })}
          data={props.known.providers.map(({ name: value, title: label }) => ({ value, label }))}
        />
        <TextInput
          required
          label={t("model")}
          value={draft.default_model}
          placeholder="claude-haiku-4-5"
          onChange={(event) => change({ default_model: event.currentTarget.value })}
        />
        <PasswordInput
          label={t("apiKey")}
          required={provider?.needs_key ?? false}
          description={firstKey === undefined ? undefined : t("apiKeyHint", { name: firstKey })}
          autoComplete="off"
          value={draft.api_key}
          onChange={(event) => change({ api_key: event.currentTarget.value })}
        />
        <TextInput
          label={t("baseUrl")}
          required={provider?.needs_url ?? false}
          description={t("baseUrlHint")}
          placeholder={provider?.default_url || "http://localhost:11434/v1"}
          value={draft.base_url}
          onChange={(event) => change({ base_url: event.currentTarget.value })}
        />
        <Group grow align="end">
          <NumberInput
            label={`${t("prices")}: ${t("input")}`}
            description={t("pricesHint")}
            min={0}
            prefix="$"
            value={draft.input_usd_per_mtok ?? ""}
            onChange={(usd) => change({ input_usd_per_mtok: numberOf(usd) })}
          />
          <NumberInput
            label={t("output")}
            min={0}
            prefix="$"
            value={draft.output_usd_per_mtok ?? ""}
            onChange={(usd) => change({ output_usd_per_mtok: numberOf(usd) })}
          />
        </Group>
        <Group grow>
          <NumberInput
            label={t("concurrency")}
            min={1}
            max={256}
            value={draft.concurrency_max}
            onChange={(count) => change({ concurrency_max: Math.max(1, Number(count)) })}
          />
          <NumberInput
            label={t("perMinute")}
            min={1}
            value={draft.calls_per_minute_max ?? ""}
            onChange={(count) => change({ calls_per_minute_max: numberOf(count) })}
          />
        </Group>
        <Problem error={saving.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" loading={saving.isPending}>
            {words("save")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function inputOf(connection: JudgeConnection | null): JudgeConnectionInput {
  if (connection === null) return FIRST;
  const { provider, base_url, api_key, default_model, input_usd_per_mtok, output_usd_per_mtok } = connection;
  const { concurrency_max, calls_per_minute_max } = connection;
  return {
    ...{ provider, base_url, api_key, default_model, input_usd_per_mtok, output_usd_per_mtok },
    ...{ concurrency_max, calls_per_minute_max },
  };
}
