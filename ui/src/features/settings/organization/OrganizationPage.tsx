import { Button, Skeleton, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { type Me, useMe } from "../../../api/me";
import { projectsQuery } from "../../../api/queries";
import { renameOrganization } from "../../../api/team";
import { Problem } from "../../../widgets/cards/Problem";
import { ErrorState } from "../../../widgets/ErrorState";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { NewProject } from "./NewProject";
import { useOrganizationStrings } from "./strings";

/** The organization and its projects: /settings/organization. */
export function OrganizationPage() {
  const t = useOrganizationStrings();
  const me = useMe();
  const projects = useQuery(projectsQuery());
  const [isAdding, setAdding] = useState(false);
  if (me === undefined || projects.data === undefined) {
    if (projects.error) return <ErrorState error={projects.error} onRetry={() => void projects.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const isAdmin = me.is_organization_admin;
  return (
    <div className={classes.page}>
      {me.organization && <NameForm key={me.organization.name} me={me} />}
      <Section
        title={t("projects")}
        hint={isAdmin ? t("projectsHint") : t("projectsMine")}
        actions={
          isAdmin && (
            <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
              {t("add")}
            </Button>
          )
        }
      >
        <ul className={classes.list}>
          {projects.data.items.map((project) => (
            <li key={project.id} className={classes.row}>
              <div className={classes.what}>
                <span className={classes.name}>{project.name}</span>{" "}
                {project.name === me.project?.name && <span className={classes.badge}>{t("current")}</span>}
                <div className={classes.facts}>
                  {project.retention_days === null
                    ? t("forever")
                    : t("days", { days: project.retention_days })}
                </div>
              </div>
              <Link to="/settings" search={{ project: project.name }}>
                {t("open")}
              </Link>
            </li>
          ))}
        </ul>
      </Section>
      {isAdding && <NewProject onClose={() => setAdding(false)} />}
    </div>
  );
}

function NameForm(props: { me: Me }) {
  const t = useOrganizationStrings();
  const queryClient = useQueryClient();
  const current = props.me.organization?.name ?? "";
  const [name, setName] = useState(current);
  const renaming = useMutation({
    mutationFn: () => renameOrganization(name.trim()),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["me"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    renaming.mutate();
  };
  const isAdmin = props.me.is_organization_admin;
  return (
    <Section title={t("name")}>
      <form className={classes.line} onSubmit={submit}>
        <TextInput
          aria-label={t("name")}
          w={280}
          maxLength={200}
          readOnly={!isAdmin}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {isAdmin && (
          <Button
            type="submit"
            disabled={name.trim() === "" || name.trim() === current}
            loading={renaming.isPending}
          >
            {t("rename")}
          </Button>
        )}
      </form>
      <Problem error={renaming.error} />
    </Section>
  );
}
