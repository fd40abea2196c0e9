import { ActionIcon, Alert, Button, Group, Modal, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useMay } from "../../api/me";
import { deleteTrace } from "../../api/queries";
import type { Trace } from "../../api/types";
import { useProject } from "../../api/useProject";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { useTraceStrings } from "./strings";

/** Asks once, since nothing brings a deleted trace back. */
export function DeleteTrace(props: { trace: Trace; onDeleted: () => void }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const project = useProject();
  const queryClient = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const deletion = useMutation({
    mutationFn: () => deleteTrace(project, props.trace.trace_id),
    onSuccess: async () => {
      setAsking(false);
      props.onDeleted();
      queryClient.removeQueries({ queryKey: ["trace", project, props.trace.trace_id] });
      await queryClient.invalidateQueries({ queryKey: ["traces"] });
    },
  });
  const may = useMay("admin");
  if (!may) return null;
  return (
    <>
      <Tooltip label={t("remove")}>
        <ActionIcon size="sm" aria-label={t("remove")} onClick={() => setAsking(true)}>
          <Trash2 size={14} />
        </ActionIcon>
      </Tooltip>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={t("removeQuestion")}>
        <p>{t("removeExplained", { count: formatCount(props.trace.span_count, language) })}</p>
        {deletion.error && (
          <Alert color="red" title={t("removeFailed")} mb="sm">
            {deletion.error.message}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button onClick={() => setAsking(false)}>{t("cancel")}</Button>
          <Button color="red" variant="filled" loading={deletion.isPending} onClick={() => deletion.mutate()}>
            {t("remove")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
