import { Alert, Stack, Switch } from "@mantine/core";
import type { Redaction, RedactionPolicy } from "../../../api/redaction";
import { DROPPABLE, fieldChoice, HASHABLE, withFieldChoice } from "../../../model/redaction/policy";
import cards from "../../../widgets/cards/cards.module.css";
import { ActionSelect } from "./ActionSelect";
import { useFieldName } from "./names";
import classes from "./privacy.module.css";
import { usePrivacyStrings } from "./strings";

type ContentSectionProps = {
  redaction: Redaction;
  policy: RedactionPolicy;
  onChange: (policy: RedactionPolicy) => void;
};

/** Whether inputs and outputs are stored at all, and fields that are not. */
export function ContentSection(props: ContentSectionProps) {
  const t = usePrivacyStrings();
  const fieldName = useFieldName();
  const { policy, onChange } = props;
  const serverStores = props.redaction.server_stores_content;
  return (
    <section className={cards.card} aria-label={t("content")}>
      <h2 className={cards.name}>{t("content")}</h2>
      {!serverStores && <Alert mt="xs">{t("serverOff")}</Alert>}
      <Stack gap="xs" mt="xs">
        <Switch
          size="sm"
          label={t("storesContent")}
          description={t("storesContentHelp")}
          checked={policy.stores_content && serverStores}
          disabled={!serverStores}
          onChange={(event) => onChange({ ...policy, stores_content: event.currentTarget.checked })}
        />
        <Switch
          size="sm"
          label={t("storesMedia")}
          description={t("storesMediaHelp")}
          checked={policy.stores_media && policy.stores_content && serverStores}
          disabled={!serverStores || !policy.stores_content}
          onChange={(event) => onChange({ ...policy, stores_media: event.currentTarget.checked })}
        />
      </Stack>
      <h3 className={cards.name} style={{ marginTop: 14 }}>
        {t("wholeFields")}
      </h3>
      <p className="muted">{t("wholeFieldsHelp")}</p>
      <div className={classes.rules}>
        {DROPPABLE.map((field) => (
          <div key={field} className={classes.rule}>
            <span className={classes.ruleName}>{fieldName(field)}</span>
            <ActionSelect
              label={t("actionFor", { name: fieldName(field) })}
              value={fieldChoice(policy, field)}
              choices={HASHABLE.includes(field) ? ["keep", "hash", "drop"] : ["keep", "drop"]}
              onChange={(choice) => onChange(withFieldChoice(policy, field, choice))}
            />
          </div>
        ))}
      </div>
    </section>
  );
}
