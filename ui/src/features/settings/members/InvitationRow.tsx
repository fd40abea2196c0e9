import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Invitation, revokeInvitation } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { formatDateTime } from "../../../base/time";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import classes from "../settings.module.css";
import { useSettingsStrings } from "../strings";
import { useMemberStrings } from "./strings";

export function InvitationRow(props: { invitation: Invitation }) {
  const t = useMemberStrings();
  const roles = useSettingsStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { invitation } = props;
  const revoking = useMutation({
    mutationFn: () => revokeInvitation(project, invitation.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["invitations"] }),
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <span className={classes.name}>{invitation.email}</span>
        <div className={classes.facts}>
          <span>
            {roles(invitation.role)} · {invitation.project ?? t("everyProject")}
          </span>
          <span>{t("expires", { time: formatDateTime(invitation.expires_at).slice(0, 16) })}</span>
          {invitation.invited_by !== "" && <span>{t("by", { who: invitation.invited_by })}</span>}
        </div>
      </div>
      <ConfirmButton
        label={t("revoke")}
        question={t("revokeQuestion")}
        explained={t("revokeExplained", { email: invitation.email })}
        isPending={revoking.isPending}
        error={revoking.error}
        onConfirm={(close) => revoking.mutate(undefined, { onSuccess: close })}
      />
    </li>
  );
}
