import { Button, Modal, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { putRuleFile, type RuleFile, ruleCheckQuery } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { YamlEditor } from "../../../widgets/code/YamlEditor";
import { FindingList } from "./FindingList";
import { useRuleStrings } from "./strings";

/** What a first file of one's own looks like. */
const FIRST = `groups:
  - name: my-team
    interval: 1m
    rules:
      - alert: SlowAnswers
        expr: |
          histogram_quantile(0.95, sum by (le, service) (rate(llm_latency_seconds_bucket[10m]))) > 8
        for: 5m
        labels:
          severity: warning
        annotations:
          summary: P95 latency of {{ $labels.service }} is {{ $value | humanizeDuration }}
`;
const CHECK_AFTER_MS = 500;

/** A rule file's text, checked while it is written; null is a new one. */
export function FileEditor(props: { file: RuleFile | null; onClose: () => void }) {
  const t = useRuleStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { file } = props;
  const isReadOnly = file !== null && !file.is_editable;
  const [name, setName] = useState(file?.name ?? "");
  const [text, setText] = useState(file?.content ?? FIRST);
  const isChanged = text !== (file?.content ?? FIRST) || (file === null && name !== "");
  const [settled] = useDebouncedValue(text, CHECK_AFTER_MS);
  const check = useQuery({ ...ruleCheckQuery(project, settled), placeholderData: keepPreviousData });
  const saving = useMutation({
    mutationFn: () => putRuleFile(project, name.trim(), text),
    onSuccess: async () => {
      const keys = ["rule-files", "rules", "alerts"];
      await Promise.all(keys.map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
      props.onClose();
    },
  });
  const title = file === null ? t("add") : t(isReadOnly ? "viewing" : "editing", { name: file.name });
  return (
    <Modal
      opened
      onClose={props.onClose}
      size="80rem"
      title={title}
      closeOnClickOutside={false}
      // Half an hour's work is not lost to a slip of the finger.
      closeOnEscape={!isChanged}
    >
      <div style={{ display: "grid", gap: 10 }}>
        {file === null && (
          <TextInput
            label={t("name")}
            placeholder={t("nameHint")}
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {file?.source === "default" && <p className="muted">{t("replaces")}</p>}
        <YamlEditor value={text} label={title} isReadOnly={isReadOnly} onChange={setText} />
        <div aria-live="polite" style={{ maxHeight: "30vh", overflowY: "auto" }}>
          {check.isPending && <span className="muted">{t("checking")}</span>}
          {check.data &&
            (check.data.findings.length === 0 ? (
              <span style={{ color: "var(--ok)" }}>{t("fine")}</span>
            ) : (
              <FindingList findings={check.data.findings} />
            ))}
        </div>
        <Problem error={saving.error ?? check.error} />
        {!isReadOnly && (
          <footer className={classes.foot}>
            {isChanged && <span className="muted">{t("unsaved")}</span>}
            <Button onClick={props.onClose}>{words("cancel")}</Button>
            <Button
              variant="filled"
              disabled={name.trim() === ""}
              loading={saving.isPending}
              onClick={() => saving.mutate()}
            >
              {words("save")}
            </Button>
          </footer>
        )}
      </div>
    </Modal>
  );
}
