import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import type { PatternRule, RedactionAction } from "../../../api/redaction";
import cards from "../../../widgets/cards/cards.module.css";
import { ActionSelect } from "./ActionSelect";
import { FieldsPicker } from "./FieldsPicker";
import classes from "./privacy.module.css";
import { usePrivacyStrings } from "./strings";

type PatternSectionProps = {
  patterns: PatternRule[];
  fields: readonly string[];
  onChange: (patterns: PatternRule[]) => void;
};

/** Regular expressions of one's own. */
export function PatternSection(props: PatternSectionProps) {
  const t = usePrivacyStrings();
  const { patterns, onChange } = props;
  const change = (at: number, part: Partial<PatternRule>) =>
    onChange(patterns.map((rule, index) => (index === at ? { ...rule, ...part } : rule)));
  return (
    <section className={cards.card} aria-label={t("patterns")}>
      <h2 className={cards.name}>{t("patterns")}</h2>
      <p className="muted">{t("patternsHelp")}</p>
      {patterns.map((rule, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no name before it is given one
        <div key={at} className={classes.row}>
          <TextInput
            className={classes.short}
            size="xs"
            aria-label={t("name")}
            placeholder="customer_number"
            value={rule.name}
            onChange={(event) => change(at, { name: event.currentTarget.value })}
          />
          <TextInput
            className={classes.long}
            size="xs"
            classNames={{ input: "mono" }}
            aria-label={t("pattern")}
            placeholder="KD-\d{6}"
            spellCheck={false}
            value={rule.pattern}
            onChange={(event) => change(at, { pattern: event.currentTarget.value })}
          />
          <ActionSelect
            label={t("actionFor", { name: rule.name })}
            value={rule.action}
            choices={["mask", "hash", "drop"]}
            onChange={(action) => change(at, { action: action as RedactionAction })}
          />
          <FieldsPicker
            name={rule.name}
            all={props.fields}
            value={rule.fields}
            onChange={(fields) => change(at, { fields })}
          />
          <Tooltip label={t("remove")}>
            <ActionIcon
              aria-label={`${t("remove")} ${rule.name}`}
              onClick={() => onChange(patterns.filter((_, index) => index !== at))}
            >
              <Trash2 size={14} />
            </ActionIcon>
          </Tooltip>
        </div>
      ))}
      <Button
        mt="xs"
        size="compact-xs"
        leftSection={<Plus size={13} />}
        onClick={() => onChange([...patterns, { name: "", pattern: "", action: "mask", fields: [] }])}
      >
        {t("addPattern")}
      </Button>
    </section>
  );
}
