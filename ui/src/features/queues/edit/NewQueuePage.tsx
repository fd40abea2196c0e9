import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createQueue, type QueueInput } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { QueuesPageFrame } from "../QueuesPageFrame";
import { EMPTY_QUEUE, QueueForm } from "./QueueForm";
import { useQueueFormStrings } from "./strings";

/** /queues/new */
export function NewQueuePage() {
  const t = useQueueFormStrings();
  const project = useProject();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const creating = useMutation({
    mutationFn: (input: QueueInput) => createQueue(project, input),
    onSuccess: async (queue) => {
      await queryClient.invalidateQueries({ queryKey: ["queues"] });
      await navigate({ to: "/queues/$queueId", params: { queueId: queue.id } });
    },
  });
  return (
    <QueuesPageFrame title={t("newQueue")} isBelowList>
      <QueueForm
        initial={EMPTY_QUEUE}
        action={t("create")}
        isSaving={creating.isPending}
        error={creating.error}
        onSave={(input) => creating.mutate(input)}
        onCancel={() => void navigate({ to: "/queues" })}
      />
    </QueuesPageFrame>
  );
}
