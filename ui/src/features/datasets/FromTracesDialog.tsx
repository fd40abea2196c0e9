import { Button, Group, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  addFromTraces,
  type Dataset,
  type ExpectedChoice,
  type FromTraces,
  type InputChoice,
} from "../../api/datasets";
import { useProject } from "../../api/useProject";
import cards from "../../widgets/cards/cards.module.css";
import { Problem } from "../../widgets/cards/Problem";
import classes from "./DatasetFrame.module.css";
import { useDatasetStrings } from "./strings";
import { toLine } from "./text";

const RANGES = [
  ["now-1h", "h1"],
  ["now-24h", "h24"],
  ["now-7d", "d7"],
  ["now-30d", "d30"],
] as const;
const INPUTS = ["question", "messages", "raw"] as const;
const EXPECTED = [
  ["correction_or_answer", "correction_or_answer"],
  ["correction", "correction"],
  ["answer", "answer"],
  ["reference", "reference"],
  ["none", "empty"],
] as const;

/** Items of the traces that a filter finds; shown first, then added. */
export function FromTracesDialog(props: { dataset: Dataset; onClose: () => void }) {
  const t = useDatasetStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [filter, setFilter] = useState("");
  const [from, setFrom] = useState("now-24h");
  const [limit, setLimit] = useState<number | string>(50);
  const [input, setInput] = useState<InputChoice>("question");
  const [expected, setExpected] = useState<ExpectedChoice>("correction_or_answer");
  const adding = useMutation({
    mutationFn: (isDryRun: boolean) =>
      addFromTraces(project, props.dataset.name, {
        filter,
        from,
        to: "now",
        limit: Number(limit),
        input,
        expected_output: expected,
        dry_run: isDryRun,
      }),
    onSuccess: async (_, isDryRun) => {
      if (!isDryRun) await queryClient.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
  const isWhole = Number(limit) >= 1 && Number(limit) <= 1000;
  return (
    <Modal opened onClose={props.onClose} title={t("fromTraces")} size="xl">
      <div className={classes.fields}>
        <p style={{ margin: 0 }}>{t("fromTracesHint")}</p>
        <TextInput
          label={t("filter")}
          description={t("filterHint")}
          placeholder="feature:search scores.correctness<0.5"
          value={filter}
          spellCheck={false}
          onChange={(event) => setFilter(event.currentTarget.value)}
          data-autofocus
        />
        <Group grow gap="xs" align="start">
          <Select
            label={t("range")}
            allowDeselect={false}
            value={from}
            onChange={(value) => setFrom(value ?? from)}
            data={RANGES.map(([value, word]) => ({ value, label: t(word) }))}
          />
          <NumberInput size="xs" label={t("limit")} min={1} max={1000} value={limit} onChange={setLimit} />
        </Group>
        <Group grow gap="xs" align="start">
          <Select
            label={t("inputChoice")}
            allowDeselect={false}
            value={input}
            onChange={(value) => setInput(value as InputChoice)}
            data={INPUTS.map((value) => ({ value, label: t(value) }))}
          />
          <Select
            label={t("expectedChoice")}
            allowDeselect={false}
            value={expected}
            onChange={(value) => setExpected(value as ExpectedChoice)}
            data={EXPECTED.map(([value, word]) => ({ value, label: t(word) }))}
          />
        </Group>
        <Problem error={adding.error} />
        {adding.data && <Found told={adding.data} />}
        <footer className={cards.foot}>
          <Button onClick={props.onClose}>{t("close")}</Button>
          <Button
            disabled={!isWhole}
            loading={adding.isPending && adding.variables}
            onClick={() => adding.mutate(true)}
          >
            {t("preview")}
          </Button>
          <Button
            variant="filled"
            disabled={!isWhole}
            loading={adding.isPending && !adding.variables}
            onClick={() => adding.mutate(false)}
          >
            {t("add")}
          </Button>
        </footer>
      </div>
    </Modal>
  );
}

function Found(props: { told: FromTraces }) {
  const t = useDatasetStrings();
  const { told } = props;
  return (
    <div className={classes.fields}>
      <b role="status">
        {t("found", { found: String(told.found), duplicates: String(told.duplicates) })}
        {told.added > 0 && ` · ${t("added", { count: String(told.added) })}`}
        {told.skipped.length > 0 && ` · ${t("skipped", { count: String(told.skipped.length) })}`}
      </b>
      {told.skipped.slice(0, 5).map((one) => (
        <span key={`${one.trace_id} ${one.span_id}`} className="muted">
          <span className="mono">{one.trace_id.slice(0, 8)}</span>: {one.reason}
        </span>
      ))}
      {told.items.length > 0 && (
        <div className={classes.scroll} style={{ maxHeight: 300, overflowY: "auto" }}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("input")}</th>
                <th>{t("expected")}</th>
              </tr>
            </thead>
            <tbody>
              {told.items.map((one) => (
                <tr key={`${one.trace_id} ${one.span_id}`}>
                  <td>
                    <span className={classes.text}>{toLine(one.input)}</span>
                  </td>
                  <td>
                    {one.is_corrected && <span className={cards.badge}>{t("corrected")}</span>}
                    <span className={classes.text}>{toLine(one.expected_output) || "–"}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
