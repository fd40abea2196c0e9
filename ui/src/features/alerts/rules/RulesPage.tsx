import { Button, Checkbox, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { type Rule, type RuleFile, type RuleGroup, ruleFilesQuery, rulesQuery } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";
import { SearchInput } from "../../../widgets/cards/SearchInput";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import type { RuleSearch } from "../search";
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
  const { text = "", active } = useSearch({ from: "/alerts/rules" });
  const navigate = useNavigate({ from: "/alerts/rules" });
  const [edited, setEdited] = useState<RuleFile | "new" | null>(null);
  const [tested, setTested] = useState<{ group: string; rule: Rule } | null>(null);
  const error = rules.error ?? files.error;
  if (rules.data === undefined || files.data === undefined) {
    const retry = () => void Promise.all([rules.refetch(), files.refetch()]);
    if (error) return <ErrorState error={error} onRetry={retry} />;
    return <Skeleton height={200} m={12} radius="sm" />;
  }
  const show = (search: RuleSearch) => void navigate({ search, replace: true });
  const isNarrowed = text !== "" || active !== undefined;
  const shown = (rule: Rule) =>
    (!active || rule.state !== "inactive") &&
    `${rule.name} ${rule.expr}`.toLowerCase().includes(text.toLowerCase());
  const sections = files.data.items
    .map((file) => ({ file, groups: groupsOf(file, rules.data.items, shown) }))
    .filter(({ groups }) => !isNarrowed || groups.length > 0);
  return (
    <div className={classes.page}>
      <Stale error={error} />
      <div className={classes.bar}>
        <SearchInput
          label={t("search")}
          value={text}
          onChange={(value) =>
            show({ ...(active && { active }), ...(value.trim() && { text: value.trim() }) })
          }
        />
        <Checkbox
          label={t("onlyActive")}
          checked={active === "1"}
          onChange={(event) =>
            show({ ...(text && { text }), ...(event.currentTarget.checked && { active: "1" }) })
          }
        />
        <span className={classes.gap} />
        <NeedsRole permission="edit">
          <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setEdited("new")}>
            {t("add")}
          </Button>
        </NeedsRole>
      </div>
      {sections.length === 0 && (
        <EmptyState
          title={t("noMatch")}
          actions={isNarrowed && <Button onClick={() => show({})}>{t("showAll")}</Button>}
        />
      )}
      {sections.map(({ file, groups }) => (
        <FileSection
          key={file.name}
          file={file}
          groups={groups}
          wanted={text}
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
