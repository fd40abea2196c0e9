import { ActionIcon, Alert, Switch, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FileText, Pencil } from "lucide-react";
import {
  deleteRuleFile,
  type Rule,
  type RuleFile,
  type RuleGroup,
  switchRuleFile,
} from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { formatDuration, formatSpan } from "../../../base/format";
import { formatDateTime } from "../../../base/time";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { RuleRow } from "./RuleRow";
import { useRuleStrings } from "./strings";

type FileSectionProps = {
  file: RuleFile;
  groups: readonly RuleGroup[];
  /** The rule of this name is shown opened. */
  wanted: string;
  onEdit: () => void;
  onBacktest: (group: string, rule: Rule) => void;
};

const SOURCES = { default: "default", file: "file", api: "api" } as const;

export function FileSection(props: FileSectionProps) {
  const t = useRuleStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { file } = props;
  const refresh = () =>
    Promise.all(
      ["rule-files", "rules", "alerts"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
    );
  const switching = useMutation({
    mutationFn: (isEnabled: boolean) => switchRuleFile(project, file.name, isEnabled),
    onSuccess: refresh,
  });
  const removal = useMutation({ mutationFn: () => deleteRuleFile(project, file.name), onSuccess: refresh });
  const source = SOURCES[file.source as keyof typeof SOURCES] ?? "file";
  const isOwn = source === "api";
  const edit = file.is_editable ? words("edit") : t("view");
  return (
    <section>
      <header className={classes.head}>
        <h2 className={classes.name}>{file.name}</h2>
        <span className="muted">
          {file.is_overridden ? t("overridden") : t(source)} · {t("count", { count: file.rules })}
        </span>
        <span className={classes.gap} />
        {file.is_editable && (
          <Switch
            size="xs"
            label={file.is_enabled ? t("on") : t("off")}
            checked={file.is_enabled}
            disabled={switching.isPending}
            onChange={(event) => switching.mutate(event.currentTarget.checked)}
          />
        )}
        <Tooltip label={edit}>
          <ActionIcon size="sm" aria-label={edit} onClick={props.onEdit}>
            {file.is_editable ? <Pencil size={14} /> : <FileText size={14} />}
          </ActionIcon>
        </Tooltip>
        {isOwn && (
          <ConfirmButton
            label={words("remove")}
            question={t("removeQuestion")}
            explained={t(file.is_overridden ? "removeOverride" : "removeExplained", { name: file.name })}
            isPending={removal.isPending}
            error={removal.error}
            onConfirm={(close) => removal.mutate(undefined, { onSuccess: close })}
          />
        )}
      </header>
      <Problem error={switching.error} />
      {file.error && (
        <Alert color="red" title={t("broken")} mt={6} style={{ whiteSpace: "pre-wrap" }}>
          {file.error}
        </Alert>
      )}
      {props.groups.map((group) => (
        <article key={group.name} className={classes.card} style={{ marginTop: 8 }}>
          <header className={classes.head}>
            <h3 className={classes.name} style={{ fontSize: 13 }}>
              {group.name}
            </h3>
            <span className="muted">{t("every", { interval: formatSpan(group.interval_s * 1000) })}</span>
            {group.missed > 0 && (
              <span className={classes.badge} data-tone="warning">
                {t("missed", { count: group.missed })}
              </span>
            )}
            <span className={classes.gap} />
            {group.evaluated_at && (
              <span className="muted" title={formatDateTime(group.evaluated_at).slice(0, 19)}>
                {t("took", { time: formatDuration(group.duration_ms) })}
              </span>
            )}
          </header>
          {group.rules.map((rule) => (
            <RuleRow
              key={`${rule.line} ${rule.name} ${rule.name === props.wanted}`}
              rule={rule}
              isOpen={rule.name === props.wanted || rule.health === "err"}
              onBacktest={() => props.onBacktest(group.name, rule)}
            />
          ))}
        </article>
      ))}
    </section>
  );
}
