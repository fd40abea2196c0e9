import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import type { KeyRule, RedactionAction } from "../../../api/redaction";
import cards from "../../../widgets/cards/cards.module.css";
import { ActionSelect } from "./ActionSelect";
import classes from "./privacy.module.css";
import { usePrivacyStrings } from "./strings";

/** Attributes that are replaced by their names. */
export function KeySection(props: { keys: KeyRule[]; onChange: (keys: KeyRule[]) => void }) {
  const t = usePrivacyStrings();
  const { keys, onChange } = props;
  const change = (at: number, part: Partial<KeyRule>) =>
    onChange(keys.map((rule, index) => (index === at ? { ...rule, ...part } : rule)));
  return (
    <section className={cards.card} aria-label={t("keys")}>
      <h2 className={cards.name}>{t("keys")}</h2>
      <p className="muted">{t("keysHelp")}</p>
      {keys.map((rule, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no name before it is given one
        <div key={at} className={classes.row}>
          <TextInput
            className={classes.long}
            size="xs"
            classNames={{ input: "mono" }}
            aria-label={t("key")}
            placeholder="http.request.header.*"
            spellCheck={false}
            value={rule.key}
            onChange={(event) => change(at, { key: event.currentTarget.value })}
          />
          <ActionSelect
            label={t("actionFor", { name: rule.key })}
            value={rule.action}
            choices={["mask", "hash", "drop"]}
            onChange={(action) => change(at, { action: action as RedactionAction })}
          />
          <Tooltip label={t("remove")}>
            <ActionIcon
              aria-label={`${t("remove")} ${rule.key}`}
              onClick={() => onChange(keys.filter((_, index) => index !== at))}
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
        onClick={() => onChange([...keys, { key: "", action: "mask" }])}
      >
        {t("addKey")}
      </Button>
    </section>
  );
}
