import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type QueueItem, removeItem } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import { useQueueDetailStrings } from "./strings";

export function RemoveItem(props: { queueId: string; item: QueueItem }) {
  const t = useQueueDetailStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const removal = useMutation({
    mutationFn: () => removeItem(project, props.queueId, props.item.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["queue-items"] });
      await queryClient.invalidateQueries({ queryKey: ["queue"] });
    },
  });
  return (
    <ConfirmButton
      label={t("removeItem")}
      question={t("removeQuestion")}
      explained={t("removeExplained")}
      isPending={removal.isPending}
      error={removal.error}
      onConfirm={(close) => removal.mutate(undefined, { onSuccess: close })}
    />
  );
}
