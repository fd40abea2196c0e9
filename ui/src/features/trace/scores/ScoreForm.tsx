import { Alert, Autocomplete, Button, Group, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Score } from "../../../api/types";
import { type Draft, draftValue, type HandType, namesOf, typeOfName } from "../../../model/scores";
import classes from "./Scores.module.css";
import { useScoreStrings } from "./strings";

const EMPTY: Draft = { name: "", type: "numeric", text: "", comment: "" };

/** A score by hand. Names that the trace knows keep the kind of value they have. */
export function ScoreForm(props: {
  known: readonly Score[];
  isSaving: boolean;
  error: Error | null;
  onSave: (draft: Draft) => void;
  onCancel: () => void;
}) {
  const t = useScoreStrings();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const change = (fields: Partial<Draft>) => setDraft((before) => ({ ...before, ...fields }));
  const setType = (type: HandType) => change({ type, text: type === "boolean" ? "true" : "" });
  const setName = (name: string) => {
    const type = typeOfName(props.known, name);
    if (type !== null && type !== draft.type) setType(type);
    change({ name });
  };
  const isValid = draft.name.trim() !== "" && draftValue(draft) !== null;
  const isWrongNumber = draft.type === "numeric" && draft.text.trim() !== "" && draftValue(draft) === null;
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (isValid) props.onSave(draft);
  };
  return (
    <form className={classes.form} onSubmit={save}>
      <Autocomplete
        label={t("name")}
        placeholder={t("namePlaceholder")}
        size="xs"
        maxLength={200}
        data={namesOf(props.known)}
        value={draft.name}
        onChange={setName}
        comboboxProps={{ withinPortal: false }}
        data-autofocus
      />
      <SegmentedControl
        aria-label={t("type")}
        size="xs"
        fullWidth
        value={draft.type}
        onChange={(type) => setType(type as HandType)}
        data={(["numeric", "boolean", "categorical"] as const).map((type) => ({
          value: type,
          label: t(type),
        }))}
      />
      {draft.type === "boolean" ? (
        <SegmentedControl
          aria-label={t("value")}
          size="xs"
          fullWidth
          value={draft.text}
          onChange={(text) => change({ text })}
          data={[
            { value: "true", label: t("yes") },
            { value: "false", label: t("no") },
          ]}
        />
      ) : (
        <TextInput
          label={t("value")}
          value={draft.text}
          inputMode={draft.type === "numeric" ? "decimal" : "text"}
          error={isWrongNumber && t("notNumber")}
          onChange={(event) => change({ text: event.currentTarget.value })}
        />
      )}
      <Textarea
        label={t("comment")}
        size="xs"
        autosize
        minRows={2}
        maxRows={8}
        value={draft.comment}
        onChange={(event) => change({ comment: event.currentTarget.value })}
      />
      {props.error && (
        <Alert color="red" title={t("failed")}>
          {props.error.message}
        </Alert>
      )}
      <Group justify="flex-end" gap="xs">
        <Button onClick={props.onCancel}>{t("cancel")}</Button>
        <Button type="submit" variant="filled" disabled={!isValid} loading={props.isSaving}>
          {t("save")}
        </Button>
      </Group>
    </form>
  );
}
