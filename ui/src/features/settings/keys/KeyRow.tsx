import { ActionIcon, Button, Group, Modal, TextInput, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { type FormEvent, useState } from "react";
import { changeKey, type Key, revokeKey } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { useLanguage } from "../../../base/i18n";
import { formatAgo, formatDateTime } from "../../../base/time";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import classes from "../settings.module.css";
import { useKeyStrings } from "./strings";

const SCOPE_WORDS = { ingest: "ingest", read: "read", admin: "adminScope" } as const;

export function KeyRow(props: { apiKey: Key }) {
  const t = useKeyStrings();
  const language = useLanguage();
  const project = useProject();
  const queryClient = useQueryClient();
  const [isEditing, setEditing] = useState(false);
  const key = props.apiKey;
  const revoking = useMutation({
    mutationFn: () => revokeKey(project, key.public_key),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["keys"] }),
  });
  const ago = (time: string) => formatAgo(time, Date.now(), language);
  return (
    <li className={classes.row} data-quiet={key.is_expired || undefined}>
      <div className={classes.what}>
        <span className={classes.name}>{key.note || t("noNote")}</span>{" "}
        {key.scopes.map((scope) => (
          <span key={scope} className={classes.badge}>
            {t(SCOPE_WORDS[scope])}
          </span>
        ))}{" "}
        {key.is_expired && (
          <span className={classes.badge} data-tone="bad">
            {t("ended")}
          </span>
        )}
        <div className={classes.facts}>
          <span className="mono">{key.public_key}</span>
          <span>{key.last_used_at ? t("used", { time: ago(key.last_used_at) }) : t("unused")}</span>
          <span>
            {t("created", { time: ago(key.created_at) })}
            {key.created_by !== "" && ` ${t("createdBy", { who: key.created_by })}`}
          </span>
          {key.expires_at && !key.is_expired && (
            <span>{t("ends", { time: formatDateTime(key.expires_at).slice(0, 16) })}</span>
          )}
        </div>
      </div>
      <div className={classes.end}>
        <Tooltip label={t("rename")}>
          <ActionIcon size="sm" aria-label={t("rename")} onClick={() => setEditing(true)}>
            <Pencil size={14} />
          </ActionIcon>
        </Tooltip>
        <ConfirmButton
          label={t("revoke")}
          question={t("revokeQuestion")}
          explained={t("revokeExplained", { note: key.note || key.public_key })}
          isPending={revoking.isPending}
          error={revoking.error}
          onConfirm={(close) => revoking.mutate(undefined, { onSuccess: close })}
        />
      </div>
      {isEditing && <NoteForm apiKey={key} onClose={() => setEditing(false)} />}
    </li>
  );
}

function NoteForm(props: { apiKey: Key; onClose: () => void }) {
  const t = useKeyStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [note, setNote] = useState(props.apiKey.note);
  const saving = useMutation({
    mutationFn: () => changeKey(project, props.apiKey.public_key, note),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["keys"] });
      props.onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <Modal opened onClose={props.onClose} title={t("rename")}>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          data-autofocus
          label={t("note")}
          maxLength={200}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Problem error={saving.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" loading={saving.isPending}>
            {words("save")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
