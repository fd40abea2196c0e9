import { Button, Checkbox, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus, Search } from "lucide-react";
import { useState } from "react";
import { type Rule, type RuleFile, type RuleGroup, ruleFilesQuery, rulesQuery } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import classes from "../cards.module.css";
import { BacktestDialog } from "./BacktestDialog";
import { FileEditor } from "./FileEditor";
import { FileSection } from "./FileSection";
import { useRuleStrings } from "./strings";

/** Every rule with what it is doing, by file: /alerts/rules. */
export function RulesPage() {
  const t = useRuleStrings();
  const project = useProject();
  const rules = useQuery(rulesQuery(project));
  const files = useQuery(ruleFilesQuery(project));
  const [text, setText] = useState("");
  const [isActiveOnly, setActiveOnly] = useState(false);
  const [edited, setEdited] = useState<RuleFile | "new" | null>(null);
  const [tested, setTested] = useState<{ group: string; rule: Rule } | null>(null);
  const error = rules.error ?? files.error;
  if (error) {
    const retry = () => void Promise.all([rules.refetch(), files.refetch()]);
    return <ErrorState error={error} onRetry={retry} />;
  }
  if (rules.data === undefined || files.data === undefined)
    return <Skeleton height={200} m={12} radius="sm" />;
  const isNarrowed = text.trim() !== "" || isActiveOnly;
  const shown = (rule: Rule) =>
    (!isActiveOnly || rule.state !== "inactive") &&
    `${rule.name} ${rule.expr}`.toLowerCase().includes(text.trim().toLowerCase());
  const sections = files.data.items
    .map((file) => ({ file, groups: groupsOf(file, rules.data.items, shown) }))
    .filter(({ groups }) => !isNarrowed || groups.length > 0);
  return (
    <div className={classes.page}>
      <div className={classes.bar}>
        <TextInput
          leftSection={<Search size={13} />}
          placeholder={t("search")}
          aria-label={t("search")}
          w={280}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Checkbox
          label={t("onlyActive")}
          checked={isActiveOnly}
          onChange={(event) => setActiveOnly(event.currentTarget.checked)}
        />
        <span className={classes.gap} />
        <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setEdited("new")}>
          {t("add")}
        </Button>
      </div>
      {sections.length === 0 && <EmptyState title={t("noMatch")} />}
      {sections.map(({ file, groups }) => (
        <FileSection
          key={file.name}
          file={file}
          groups={groups}
          onEdit={() => setEdited(file)}
          onBacktest={(group, rule) => setTested({ group, rule })}
        />
      ))}
      {edited !== null && (
        <FileEditor file={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
      {tested !== null && <BacktestDialog {...tested} onClose={() => setTested(null)} />}
    </div>
  );
}

/** The file's groups with those of their rules that are shown. */
function groupsOf(
  file: RuleFile,
  groups: readonly RuleGroup[],
  shown: (rule: Rule) => boolean,
): readonly RuleGroup[] {
  return groups
    .filter((group) => group.file === file.name)
    .map((group) => ({ ...group, rules: group.rules.filter(shown) }))
    .filter((group) => group.rules.length > 0);
}
