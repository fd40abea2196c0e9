import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { projectsQuery, statusQuery } from "../../../api/queries";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";

/** The project that is looked at: /settings. */
export function ProjectPage() {
  const project = useProject();
  const status = useQuery(statusQuery(project));
  const projects = useQuery(projectsQuery());
  const name = project ?? status.data?.project;
  const found = projects.data?.items.find((item) => item.name === name);
  if (found === undefined) return <Skeleton height={120} m={12} radius="sm" />;
  return (
    <div className={classes.page}>
      <h2 className={classes.name}>{found.name}</h2>
    </div>
  );
}
