import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type AnnotationQueue, deleteQueue } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import { useQueueStrings } from "../strings";

export function DeleteQueue(props: { queue: AnnotationQueue }) {
  const t = useQueueStrings();
  const project = useProject();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const deletion = useMutation({
    mutationFn: () => deleteQueue(project, props.queue.id),
    onSuccess: async () => {
      await navigate({ to: "/queues" });
      await queryClient.invalidateQueries({ queryKey: ["queues"] });
    },
  });
  return (
    <ConfirmButton
      permission="admin"
      label={t("remove")}
      question={t("removeQuestion")}
      explained={t("removeExplained")}
      isPending={deletion.isPending}
      error={deletion.error}
      onConfirm={() => deletion.mutate()}
    />
  );
}
