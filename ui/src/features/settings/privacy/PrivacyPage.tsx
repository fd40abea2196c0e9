import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { redactionQuery } from "../../../api/redaction";
import { useProject } from "../../../api/useProject";
import cards from "../../../widgets/cards/cards.module.css";
import { ErrorState } from "../../../widgets/ErrorState";
import { PolicyEditor } from "./PolicyEditor";

/** What of the project's texts is made unreadable before it is stored: /settings/privacy. */
export function PrivacyPage() {
  const project = useProject();
  const redaction = useQuery(redactionQuery(project));
  if (redaction.data)
    return <PolicyEditor key={`${project} ${redaction.data.updated_at}`} redaction={redaction.data} />;
  if (redaction.error) return <ErrorState error={redaction.error} onRetry={() => redaction.refetch()} />;
  return (
    <div className={cards.page}>
      <Skeleton height={140} radius="sm" />
      <Skeleton height={260} radius="sm" />
    </div>
  );
}
