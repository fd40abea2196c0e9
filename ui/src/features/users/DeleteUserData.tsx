import { Button, Group, Modal, Progress, TextInput, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useMay } from "../../api/me";
import { useProject } from "../../api/useProject";
import { deleteUserData, userDataQuery } from "../../api/users";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { Problem } from "../../widgets/cards/Problem";
import { useCardStrings } from "../../widgets/cards/strings";
import { useUserStrings } from "./strings";

/** Deletes all that is stored of a user, when its id was typed. */
export function DeleteUserData(props: { userId: string; onDeleted: () => void }) {
  const t = useUserStrings();
  const mayDelete = useMay("admin");
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Tooltip label={t("mayNotDelete")} disabled={mayDelete}>
        <Button
          color="red"
          variant="light"
          leftSection={<Trash2 size={13} />}
          data-disabled={!mayDelete || undefined}
          aria-disabled={!mayDelete}
          onClick={() => mayDelete && setOpen(true)}
        >
          {t("delete")}
        </Button>
      </Tooltip>
      {isOpen && <Dialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function Dialog(props: { userId: string; onDeleted: () => void; onClose: () => void }) {
  const t = useUserStrings();
  const words = useCardStrings();
  const language = useLanguage();
  const project = useProject();
  const queryClient = useQueryClient();
  const { userId } = props;
  const [typed, setTyped] = useState("");
  const [gone, setGone] = useState(0);
  const [total, setTotal] = useState(0);
  const data = useQuery(userDataQuery(project, userId)).data;
  const deleting = useMutation({
    mutationFn: async () => {
      for (;;) {
        const told = await deleteUserData(project, userId);
        setGone((before) => before + told.deleted_trace_count);
        if (told.remaining_trace_count === 0) return;
      }
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["user-data"] }),
  });
  const close = () => {
    if (deleting.isPending) return;
    if (gone > 0) props.onDeleted();
    props.onClose();
  };
  const count = (number: number) => formatCount(number, language);
  const isEmpty = data?.trace_count === 0 && gone === 0;
  return (
    <Modal opened onClose={close} title={t("deleteQuestion")} closeOnClickOutside={false}>
      {deleting.isSuccess ? (
        <p role="status">{t("deleted", { count: count(gone) })}</p>
      ) : isEmpty ? (
        <p>{t("deleteNothing")}</p>
      ) : (
        data && (
          <>
            <p>
              {t("deleteExplained", {
                traces: count(data.trace_count),
                spans: count(data.span_count),
                sessions: count(data.session_count),
              })}
            </p>
            <p className="muted">{t("deleteKept")}</p>
            <TextInput
              label={t("deleteConfirm", { id: userId })}
              value={typed}
              disabled={deleting.isPending}
              autoComplete="off"
              data-autofocus
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          </>
        )
      )}
      {deleting.isPending && (
        <>
          <Progress value={total === 0 ? 0 : (gone / total) * 100} color="red" mt="sm" />
          <p role="status">{t("deleting", { done: count(gone), total: count(total) })}</p>
        </>
      )}
      <Problem error={deleting.error} />
      <Group justify="flex-end" gap="xs" mt="sm">
        <Button onClick={close} disabled={deleting.isPending}>
          {deleting.isSuccess ? t("close") : words("cancel")}
        </Button>
        {!deleting.isSuccess && !isEmpty && (
          <Button
            color="red"
            variant="filled"
            disabled={typed !== userId}
            loading={deleting.isPending}
            onClick={() => {
              setTotal(gone + (data?.trace_count ?? 0));
              deleting.mutate();
            }}
          >
            {t("delete")}
          </Button>
        )}
      </Group>
    </Modal>
  );
}
