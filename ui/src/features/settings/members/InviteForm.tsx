import { Button, Group, Modal, Radio, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Me, Role } from "../../../api/me";
import { projectsQuery } from "../../../api/queries";
import { invite } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import classes from "../settings.module.css";
import { useSettingsStrings } from "../strings";
import { LinkDialog } from "./LinkDialog";
import { useMemberStrings } from "./strings";

const ROLES = [
  { role: "viewer", hint: "viewerHint" },
  { role: "editor", hint: "editorHint" },
  { role: "admin", hint: "adminHint" },
] as const;
/** Stands for every project in the list: no project can have this name. */
const EVERY = "*";

export function InviteForm(props: { me: Me; onClose: () => void }) {
  const t = useMemberStrings();
  const roles = useSettingsStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const projects = useQuery(projectsQuery());
  const { me } = props;
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [place, setPlace] = useState(me.project?.name ?? EVERY);
  const inviting = useMutation({
    mutationFn: () => invite(project, { email: email.trim(), role, project: place === EVERY ? null : place }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["invitations"] }),
  });
  if (inviting.data)
    return (
      <LinkDialog
        title={t("inviteMade")}
        hint={t("inviteMadeHint")}
        link={inviting.data.link}
        onClose={props.onClose}
      />
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    inviting.mutate();
  };
  const names = projects.data?.items.map((item) => item.name) ?? [];
  return (
    <Modal opened onClose={props.onClose} title={t("inviteTitle")}>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          required
          type="email"
          label={t("email")}
          data-autofocus
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Select
          label={t("place")}
          allowDeselect={false}
          searchable={names.length > 8}
          value={place}
          onChange={(chosen) => setPlace(chosen ?? EVERY)}
          data={[
            ...(me.is_organization_admin ? [{ value: EVERY, label: t("everyProject") }] : []),
            ...names.map((name) => ({ value: name, label: name })),
          ]}
        />
        <Radio.Group label={t("role")} value={role} onChange={(chosen) => setRole(chosen as Role)}>
          <div className={classes.form} style={{ marginTop: 6 }}>
            {ROLES.map((one) => (
              <Radio
                key={one.role}
                size="xs"
                value={one.role}
                label={roles(one.role)}
                description={roles(one.hint)}
              />
            ))}
          </div>
        </Radio.Group>
        <Problem error={inviting.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" loading={inviting.isPending}>
            {t("create")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
