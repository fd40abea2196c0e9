import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { evaluatorQuery } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { ErrorState } from "../../../widgets/ErrorState";
import { EditPage } from "./EditPage";

/** /evaluators/$evaluatorId/edit */
export function ChangePage() {
  const { evaluatorId } = useParams({ from: "/evaluators/$evaluatorId/edit" });
  const evaluator = useQuery({ ...evaluatorQuery(useProject(), evaluatorId), refetchInterval: false });
  if (evaluator.data !== undefined) return <EditPage key={evaluator.data.id} evaluator={evaluator.data} />;
  if (evaluator.error) return <ErrorState error={evaluator.error} onRetry={() => void evaluator.refetch()} />;
  return <Skeleton height={300} m={12} radius="sm" />;
}
