import { Button, Checkbox, Group, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useProject } from "../../api/useProject";
import { changeView, createView, type SavedView, type ViewKind } from "../../api/views";
import { Problem } from "../cards/Problem";
import { useCardStrings } from "../cards/strings";
import { useViewWords } from "./strings";
import classes from "./views.module.css";

/** A view's name and who sees it; null keeps what is shown now as a new one. */
export function ViewForm(props: {
  kind: ViewKind;
  view: SavedView | null;
  search: string;
  mayShare: boolean;
  onDone: () => void;
}) {
  const t = useViewWords();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { view } = props;
  const [name, setName] = useState(view?.name ?? "");
  const [isShared, setShared] = useState(view?.is_shared ?? props.mayShare);
  const [isPinned, setPinned] = useState(view?.is_pinned ?? false);
  const said = { name: name.trim(), is_shared: isShared, is_pinned: isPinned };
  const saving = useMutation({
    mutationFn: () =>
      view === null
        ? createView(project, { kind: props.kind, search: props.search, ...said })
        : changeView(project, view.id, said),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["saved-views"] });
      props.onDone();
    },
  });
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (said.name !== "") saving.mutate();
  };
  return (
    <form
      className={classes.form}
      onSubmit={save}
      onKeyDown={(event) => event.key !== "Escape" && event.stopPropagation()}
    >
      <TextInput
        label={t("name")}
        value={name}
        maxLength={200}
        required
        data-autofocus
        autoFocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox
        label={t("share")}
        description={props.mayShare ? undefined : t("mayNotShare")}
        disabled={!props.mayShare}
        checked={isShared}
        onChange={(event) => setShared(event.currentTarget.checked)}
      />
      <Checkbox
        label={t("pinned")}
        checked={isPinned}
        onChange={(event) => setPinned(event.currentTarget.checked)}
      />
      <Problem error={saving.error} />
      <Group justify="flex-end" gap="xs">
        <Button onClick={props.onDone}>{words("cancel")}</Button>
        <Button type="submit" variant="filled" disabled={said.name === ""} loading={saving.isPending}>
          {words("save")}
        </Button>
      </Group>
    </form>
  );
}
