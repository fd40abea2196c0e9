import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { type Me, useMay, useMe } from "../../../api/me";
import { invitationsQuery, membersQuery } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { useWidgetStrings } from "../../../widgets/strings";
import { AuthOff } from "../AuthOff";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { InvitationRow } from "./InvitationRow";
import { InviteForm } from "./InviteForm";
import { MemberRow } from "./MemberRow";
import { useMemberStrings } from "./strings";

/** Who may see the project: /settings/members. */
export function MembersPage() {
  const words = useWidgetStrings();
  const me = useMe();
  const isAdmin = useMay("admin");
  if (me === undefined) return <Skeleton height={120} m={12} radius="sm" />;
  if (me.auth === "off") return <AuthOff />;
  if (!isAdmin) return <EmptyState icon={<Users size={28} />} title={words("forAdmins")} />;
  return <Members me={me} />;
}

function Members(props: { me: Me }) {
  const t = useMemberStrings();
  const project = useProject();
  const { me } = props;
  const members = useQuery(membersQuery(project));
  const invitations = useQuery(invitationsQuery(project));
  const [isInviting, setInviting] = useState(false);
  if (members.data === undefined) {
    if (members.error) return <ErrorState error={members.error} onRetry={() => void members.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const open = invitations.data?.items ?? [];
  return (
    <div className={classes.page}>
      <Section
        title={t("title")}
        hint={me.is_organization_admin ? t("hintAll") : t("hint", { project: me.project?.name ?? "" })}
        actions={
          <Button variant="filled" leftSection={<UserPlus size={14} />} onClick={() => setInviting(true)}>
            {t("invite")}
          </Button>
        }
      >
        <ul className={classes.list}>
          {members.data.items.map((member) => (
            <MemberRow key={member.id} member={member} me={me} />
          ))}
        </ul>
      </Section>
      {open.length > 0 && (
        <Section title={t("invitations")}>
          <ul className={classes.list}>
            {open.map((invitation) => (
              <InvitationRow key={invitation.id} invitation={invitation} />
            ))}
          </ul>
        </Section>
      )}
      {isInviting && <InviteForm me={me} onClose={() => setInviting(false)} />}
    </div>
  );
}
