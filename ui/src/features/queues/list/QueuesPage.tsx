import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ClipboardList, Plus } from "lucide-react";
import { useMay } from "../../../api/me";
import { queuesQuery } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { CardList } from "../../../widgets/cards/CardList";
import cards from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { QueuesPageFrame } from "../QueuesPageFrame";
import { useQueueStrings } from "../strings";
import { QueueCard } from "./QueueCard";

/** What people are asked to judge: /queues. */
export function QueuesPage() {
  const t = useQueueStrings();
  const project = useProject();
  const queues = useQuery(queuesQuery(project));
  const mayCreate = useMay("ingest");
  const create = (
    <NeedsRole permission="ingest">
      <Button
        variant="filled"
        leftSection={<Plus size={14} />}
        renderRoot={mayCreate ? (root) => <Link {...root} to="/queues/new" /> : undefined}
      >
        {t("create")}
      </Button>
    </NeedsRole>
  );
  return (
    <QueuesPageFrame title={t("title")} actions={(queues.data?.items.length ?? 0) > 0 && create}>
      <Stale error={queues.data === undefined ? null : queues.error} />
      {queues.data === undefined && queues.error && (
        <ErrorState error={queues.error} onRetry={() => void queues.refetch()} />
      )}
      {queues.data === undefined && !queues.error && <Skeleton height={120} radius="sm" />}
      {queues.data?.items.length === 0 && (
        <EmptyState icon={<ClipboardList size={28} />} title={t("none")} actions={create}>
          {t("noneHint")}
        </EmptyState>
      )}
      <div className={cards.page} style={{ padding: 0 }}>
        <CardList
          items={queues.data?.items ?? []}
          keyOf={(queue) => queue.id}
          card={(queue) => <QueueCard queue={queue} />}
        />
      </div>
    </QueuesPageFrame>
  );
}
