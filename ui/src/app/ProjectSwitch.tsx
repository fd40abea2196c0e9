import { Menu, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronsUpDown } from "lucide-react";
import { projectsQuery, statusQuery } from "../api/queries";
import { useProject } from "../api/useProject";
import classes from "./ProjectSwitch.module.css";
import { useAppStrings } from "./strings";

export function ProjectSwitch(props: { compact: boolean }) {
  const t = useAppStrings();
  const navigate = useNavigate();
  const project = useProject();
  const projects = useQuery(projectsQuery());
  const status = useQuery(statusQuery(project));
  const current = project ?? status.data?.project ?? "default";
  const names = projects.data?.items.map((item) => item.name) ?? [];
  return (
    <Menu position="bottom-start" disabled={names.length < 2}>
      <Menu.Target>
        <UnstyledButton
          className={classes.button}
          aria-label={`${t("project")}: ${current}`}
          title={t("project")}
        >
          <span className="cut">{props.compact ? current.slice(0, 2) : current}</span>
          {names.length > 1 && !props.compact && <ChevronsUpDown size={13} aria-hidden />}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
        {names.map((name) => (
          <Menu.Item
            key={name}
            rightSection={name === current ? <Check size={14} /> : null}
            onClick={() => void navigate({ to: "/traces", search: { project: name } })}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
