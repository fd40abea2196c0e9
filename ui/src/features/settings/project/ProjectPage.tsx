import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { projectsQuery, statusQuery } from "../../../api/queries";
import { useProject } from "../../../api/useProject";
import { ErrorState } from "../../../widgets/ErrorState";
import classes from "../settings.module.css";
import { DeleteProject } from "./DeleteProject";
import { NameForm } from "./NameForm";
import { RetentionForm } from "./RetentionForm";

/** The project that is looked at: /settings. */
export function ProjectPage() {
  const project = useProject();
  const status = useQuery(statusQuery(project));
  const projects = useQuery(projectsQuery());
  const error = projects.error ?? status.error;
  const name = project ?? status.data?.project;
  const found = projects.data?.items.find((item) => item.name === name);
  if (found === undefined) {
    if (error) return <ErrorState error={error} onRetry={() => void projects.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  return (
    <div className={classes.page} key={found.id}>
      <NameForm project={found} />
      <RetentionForm project={found} />
      <DeleteProject project={found} />
    </div>
  );
}
