import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { renameProject } from "../../../api/team";
import type { Project } from "../../../api/types";
import { Problem } from "../../../widgets/cards/Problem";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { useProjectStrings } from "./strings";

export function NameForm(props: { project: Project }) {
  const t = useProjectStrings();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { project } = props;
  const [name, setName] = useState(project.name);
  const renaming = useMutation({
    mutationFn: () => renameProject(project.name, name.trim()),
    onSuccess: async (renamed) => {
      await navigate({ to: "/settings", search: { project: renamed.name } });
      await queryClient.invalidateQueries();
    },
  });
  const isDefault = project.id === "default";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    renaming.mutate();
  };
  return (
    <Section title={t("name")} hint={isDefault ? t("defaultName") : t("nameHint")}>
      <form className={classes.line} onSubmit={submit}>
        <TextInput
          aria-label={t("name")}
          w={280}
          maxLength={64}
          disabled={isDefault}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {!isDefault && (
          <NeedsRole permission="admin">
            <Button
              type="submit"
              disabled={name.trim() === "" || name.trim() === project.name}
              loading={renaming.isPending}
            >
              {t("rename")}
            </Button>
          </NeedsRole>
        )}
      </form>
      <Problem error={renaming.error} />
    </Section>
  );
}
