import { Button, Checkbox, Group, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { createKey, type MadeKey, type Scope } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import classes from "../settings.module.css";
import { useKeyStrings } from "./strings";

const SCOPES = [
  { scope: "ingest", word: "ingest", hint: "ingestHint" },
  { scope: "read", word: "read", hint: "readHint" },
  { scope: "admin", word: "adminScope", hint: "adminHint" },
] as const;
const LIVES_DAYS = [7, 30, 90, 365];

export function KeyForm(props: { onClose: () => void; onMade: (key: MadeKey) => void }) {
  const t = useKeyStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [note, setNote] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["ingest"]);
  const [days, setDays] = useState<string | null>("");
  const making = useMutation({
    mutationFn: () => createKey(project, { note, scopes, expires_in_days: days ? Number(days) : null }),
    onSuccess: async (made) => {
      await queryClient.invalidateQueries({ queryKey: ["keys"] });
      props.onMade(made);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Modal opened onClose={props.onClose} title={t("add")}>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          data-autofocus
          label={t("note")}
          placeholder={t("notePlaceholder")}
          maxLength={200}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Checkbox.Group
          label={t("scopes")}
          value={scopes}
          onChange={(chosen) => setScopes(chosen as Scope[])}
        >
          <div className={classes.form} style={{ marginTop: 6 }}>
            {SCOPES.map(({ scope, word, hint }) => (
              <Checkbox key={scope} value={scope} label={t(word)} description={t(hint)} />
            ))}
          </div>
        </Checkbox.Group>
        <Select
          label={t("expires")}
          allowDeselect={false}
          value={days}
          onChange={setDays}
          data={[
            { value: "", label: t("never") },
            ...LIVES_DAYS.map((count) => ({ value: String(count), label: t("inDays", { days: count }) })),
          ]}
        />
        <Problem error={making.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" disabled={scopes.length === 0} loading={making.isPending}>
            {t("create")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
