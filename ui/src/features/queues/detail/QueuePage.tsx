import { Button, Modal, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ClipboardCheck, Inbox, ListPlus, Pencil } from "lucide-react";
import { useState } from "react";
import { ApiError } from "../../../api/client";
import { type AnnotationQueue, changeQueue, type QueueInput, queueQuery } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { QueueForm } from "../edit/QueueForm";
import { useQueueFormStrings } from "../edit/strings";
import { ProgressBar } from "../ProgressBar";
import { QueuesPageFrame } from "../QueuesPageFrame";
import { useQueueStrings } from "../strings";
import { Agreement } from "./Agreement";
import { DeleteQueue } from "./DeleteQueue";
import classes from "./detail.module.css";
import { ExportReviews } from "./ExportReviews";
import { FillDialog } from "./FillDialog";
import { ItemTable } from "./ItemTable";
import { ReviewerTable } from "./ReviewerTable";
import { useQueueDetailStrings } from "./strings";

/** One queue: how far it is, what is in it, how far its reviewers agree: /queues/{id}. */
export function QueuePage() {
  const t = useQueueStrings();
  const { queueId } = useParams({ from: "/queues/$queueId" });
  const answer = useQuery(queueQuery(useProject(), queueId));
  if (answer.data !== undefined) return <QueueView queue={answer.data} />;
  if (answer.error instanceof ApiError && answer.error.status === 404)
    return (
      <EmptyState
        icon={<Inbox size={28} />}
        title={t("notFound")}
        actions={<Link to="/queues">{t("toList")}</Link>}
      />
    );
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  return <Skeleton height={160} m={12} radius="sm" />;
}

function QueueView(props: { queue: AnnotationQueue }) {
  const t = useQueueStrings();
  const words = useQueueDetailStrings();
  const { queue } = props;
  const { state, page, fill } = useSearch({ from: "/queues/$queueId" });
  const navigate = useNavigate({ from: "/queues/$queueId" });
  const [isEditing, setEditing] = useState(false);
  const showFill = (filter: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, fill: filter }), replace: true });
  const isEmpty = queue.progress.item_count === 0;
  const fillButton = (
    <Button leftSection={<ListPlus size={14} />} onClick={() => showFill("*")}>
      {words("fill")}
    </Button>
  );
  return (
    <QueuesPageFrame
      title={queue.name}
      isBelowList
      actions={
        <>
          {!isEmpty && (
            <Button
              variant="filled"
              leftSection={<ClipboardCheck size={14} />}
              renderRoot={(root) => (
                <Link {...root} to="/queues/$queueId/review" params={{ queueId: queue.id }} />
              )}
            >
              {t("review")}
            </Button>
          )}
          {!isEmpty && fillButton}
          <Button leftSection={<Pencil size={13} />} onClick={() => setEditing(true)}>
            {t("settings")}
          </Button>
          {queue.progress.review_count > 0 && <ExportReviews queue={queue} />}
          <DeleteQueue queue={queue} />
        </>
      }
    >
      {queue.description && <p className={classes.description}>{queue.description}</p>}
      <p className="muted" style={{ margin: 0 }}>
        {t("reviewersWanted", { count: queue.reviewers_wanted })} ·{" "}
        {queue.configs.length === 0
          ? t("asksNothing")
          : `${t("asks")}: ${queue.configs.map((score) => score.name).join(", ")}`}
      </p>
      {isEmpty ? (
        <EmptyState icon={<Inbox size={28} />} title={words("emptyTitle")} actions={fillButton}>
          {words("emptyHint")}
        </EmptyState>
      ) : (
        <>
          <ProgressBar progress={queue.progress} />
          <ReviewerTable reviewers={queue.progress.reviewers} />
          <Agreement queue={queue} />
          <ItemTable
            queue={queue}
            state={state}
            page={(page ?? 1) - 1}
            onShow={(wanted, number) =>
              void navigate({
                search: (before) => ({
                  ...before,
                  state: wanted,
                  page: number === 0 ? undefined : number + 1,
                }),
                replace: true,
              })
            }
          />
        </>
      )}
      {fill !== undefined && (
        <FillDialog
          queueId={queue.id}
          filter={fill === "*" ? "" : fill}
          onClose={() => showFill(undefined)}
        />
      )}
      {isEditing && <Editing queue={queue} onClose={() => setEditing(false)} />}
    </QueuesPageFrame>
  );
}

function Editing(props: { queue: AnnotationQueue; onClose: () => void }) {
  const t = useQueueFormStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { queue } = props;
  const saving = useMutation({
    mutationFn: (input: QueueInput) => changeQueue(project, queue.id, input),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["queue"] });
      await queryClient.invalidateQueries({ queryKey: ["queues"] });
      props.onClose();
    },
  });
  const { name, description, instructions, reviewers_wanted } = queue;
  // What was archived meanwhile is asked no more.
  const config_ids = queue.configs.map((score) => score.id);
  return (
    <Modal opened onClose={props.onClose} size="lg" title={t("editing")}>
      <QueueForm
        initial={{ name, description, instructions, reviewers_wanted, config_ids }}
        action={t("save")}
        isSaving={saving.isPending}
        error={saving.error}
        onSave={(input) => saving.mutate(input)}
        onCancel={props.onClose}
      />
    </Modal>
  );
}
