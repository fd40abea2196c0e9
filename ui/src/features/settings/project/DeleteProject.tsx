import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { contentsQuery, deleteProject } from "../../../api/team";
import type { Project } from "../../../api/types";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { useProjectStrings } from "./strings";

export function DeleteProject(props: { project: Project }) {
  const t = useProjectStrings();
  const [isAsking, setAsking] = useState(false);
  return (
    <div className={classes.danger}>
      <Section
        title={t("remove")}
        hint={
          <>
            {t("removeHint")} {props.project.id === "default" && t("removeDefault")}
          </>
        }
        actions={
          <NeedsRole permission="admin">
            <Button color="red" variant="outline" onClick={() => setAsking(true)}>
              {t("remove")}
            </Button>
          </NeedsRole>
        }
      />
      {isAsking && <Question project={props.project} onClose={() => setAsking(false)} />}
    </div>
  );
}

function Question(props: { project: Project; onClose: () => void }) {
  const t = useProjectStrings();
  const words = useCardStrings();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { name } = props.project;
  const [typed, setTyped] = useState("");
  const removal = useMutation({
    mutationFn: () => deleteProject(name),
    onSuccess: async () => {
      props.onClose();
      await navigate({ to: "/settings", search: { project: undefined } });
      await queryClient.resetQueries();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === name) removal.mutate();
  };
  return (
    <Modal opened onClose={props.onClose} title={t("removing", { name })}>
      <form className={classes.form} onSubmit={submit}>
        <Losses name={name} />
        <TextInput
          label={t("typeName", { name })}
          value={typed}
          autoComplete="off"
          data-autofocus
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Problem error={removal.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button
            type="submit"
            color="red"
            variant="filled"
            disabled={typed !== name}
            loading={removal.isPending}
          >
            {t("remove")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function Losses(props: { name: string }) {
  const t = useProjectStrings();
  const contents = useQuery(contentsQuery(props.name));
  if (contents.error) return <Problem error={contents.error} />;
  if (contents.data === undefined) return <p className="muted">{t("counting")}</p>;
  const { judges_project: judges } = contents.data;
  return (
    <div>
      {t("loses")}
      <ul>
        {(["traces", "spans", "logs", "keys"] as const).map((what) => (
          <li key={what}>{t(what, { count: contents.data[what].toLocaleString("en-US") })}</li>
        ))}
        <li>{t("rest")}</li>
        {judges && <li>{t("judges", { name: judges })}</li>}
      </ul>
    </div>
  );
}
