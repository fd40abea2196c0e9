import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { createProject } from "../../../api/team";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import classes from "../settings.module.css";
import { useOrganizationStrings } from "./strings";

/** A project by its name; then its keys, since it is of no use without one. */
export function NewProject(props: { onClose: () => void }) {
  const t = useOrganizationStrings();
  const words = useCardStrings();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const making = useMutation({
    mutationFn: () => createProject(name.trim()),
    onSuccess: async (made) => {
      await queryClient.invalidateQueries({ queryKey: ["projects"] });
      await navigate({ to: "/settings/keys", search: { project: made.name } });
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
          required
          data-autofocus
          label={t("addName")}
          description={t("addHint")}
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Problem error={making.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" disabled={name.trim() === ""} loading={making.isPending}>
            {t("create")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
