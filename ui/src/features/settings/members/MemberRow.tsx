import { Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Me, Role } from "../../../api/me";
import { type Member, setRole } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { useLanguage } from "../../../base/i18n";
import { formatAgo } from "../../../base/time";
import { Problem } from "../../../widgets/cards/Problem";
import classes from "../settings.module.css";
import { useSettingsStrings } from "../strings";
import { MemberMenu } from "./MemberMenu";
import { useMemberStrings } from "./strings";

const ROLES: readonly Role[] = ["viewer", "editor", "admin"];

export function MemberRow(props: { member: Member; me: Me }) {
  const t = useMemberStrings();
  const language = useLanguage();
  const { member, me } = props;
  const isMe = member.id === me.user?.id;
  const here = me.project?.name ?? null;
  // What can be changed: roles here, and for an admin of all also those elsewhere.
  const places = me.is_organization_admin
    ? member.memberships
    : member.memberships.filter(({ project }) => project === here);
  const others = member.memberships.filter((one) => !places.includes(one));
  return (
    <li className={classes.row} data-quiet={member.is_disabled || undefined}>
      <div className={classes.what}>
        <span className={classes.name}>{member.name}</span>{" "}
        {isMe && (
          <span className={classes.badge} data-tone="good">
            {t("you")}
          </span>
        )}{" "}
        {member.is_disabled && (
          <span className={classes.badge} data-tone="bad">
            {t("disabled")}
          </span>
        )}
        <div className={classes.facts}>
          <span>{member.email}</span>
          <span>
            {member.last_seen_at
              ? t("seen", { time: formatAgo(member.last_seen_at, Date.now(), language) })
              : t("unseen")}
          </span>
          {others.map((one) => (
            <PlaceOf key={one.project ?? ""} project={one.project} role={one.role} />
          ))}
        </div>
      </div>
      <div className={classes.end} style={{ flexWrap: "wrap" }}>
        {places.length === 0 && others.length === 0 && <span className="muted">{t("noRole")}</span>}
        {places.map(({ project, role }) => (
          <RoleSelect key={project ?? ""} member={member} place={project} role={role} />
        ))}
        <MemberMenu member={member} me={me} />
      </div>
    </li>
  );
}

function PlaceOf(props: { project: string | null; role: Role }) {
  const t = useMemberStrings();
  const roles = useSettingsStrings();
  return (
    <span>
      {roles(props.role)} · {props.project ?? t("everyProject")}
    </span>
  );
}

function RoleSelect(props: { member: Member; place: string | null; role: Role }) {
  const t = useMemberStrings();
  const roles = useSettingsStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { member, place } = props;
  const where = place ?? t("everyProject");
  const changing = useMutation({
    mutationFn: (role: Role) => setRole(project, member.id, role, place),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["members"] }),
        queryClient.invalidateQueries({ queryKey: ["me"] }),
      ]),
  });
  return (
    <div>
      <Select
        aria-label={`${t("roleIn", { place: where })}: ${member.name}`}
        w={200}
        allowDeselect={false}
        disabled={changing.isPending}
        value={props.role}
        onChange={(role) => role && changing.mutate(role as Role)}
        data={ROLES.map((role) => ({ value: role, label: `${roles(role)} · ${where}` }))}
      />
      <Problem error={changing.error} />
    </div>
  );
}
