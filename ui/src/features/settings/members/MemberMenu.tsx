import { ActionIcon, Button, Group, Menu, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban, EllipsisVertical, KeyRound, UserMinus, UserX } from "lucide-react";
import { useState } from "react";
import type { Me } from "../../../api/me";
import { createResetLink, type Member, type Removal, removeMember, setDisabled } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { LinkDialog } from "./LinkDialog";
import { useMemberStrings } from "./strings";

/** What else an admin does with somebody. */
export function MemberMenu(props: { member: Member; me: Me }) {
  const t = useMemberStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { member, me } = props;
  const [removal, setRemoval] = useState<Removal | null>(null);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["members"] });
  const switching = useMutation({
    mutationFn: () => setDisabled(project, member.id, !member.is_disabled),
    onSuccess: refresh,
  });
  const linking = useMutation({ mutationFn: () => createResetLink(project, member.id) });
  const isHere = member.memberships.some((one) => one.project === me.project?.name);
  const isEverywhere = member.memberships.some((one) => one.project === null);
  const failure = switching.error ?? linking.error;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={t("more", { name: member.name })}>
            <EllipsisVertical size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isHere && (
            <Menu.Item leftSection={<UserMinus size={14} />} onClick={() => setRemoval("project")}>
              {t("removeFromProject")}
            </Menu.Item>
          )}
          {me.is_organization_admin && (
            <>
              {isEverywhere && (
                <Menu.Item leftSection={<UserMinus size={14} />} onClick={() => setRemoval("organization")}>
                  {t("removeFromAll")}
                </Menu.Item>
              )}
              <Menu.Item leftSection={<KeyRound size={14} />} onClick={() => linking.mutate()}>
                {t("reset")}
              </Menu.Item>
              <Menu.Item leftSection={<Ban size={14} />} onClick={() => switching.mutate()}>
                {member.is_disabled ? t("enable") : t("disable")}
              </Menu.Item>
              <Menu.Item
                color="red"
                leftSection={<UserX size={14} />}
                onClick={() => setRemoval("everywhere")}
              >
                {t("deleteAccount")}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Problem error={failure} />
      {removal && <RemovalDialog member={member} removal={removal} onClose={() => setRemoval(null)} />}
      {linking.data && (
        <LinkDialog
          title={t("resetTitle")}
          hint={t("resetHint")}
          link={linking.data.link}
          onClose={() => linking.reset()}
        />
      )}
    </>
  );
}

function RemovalDialog(props: { member: Member; removal: Removal; onClose: () => void }) {
  const t = useMemberStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { member, removal } = props;
  const removing = useMutation({
    mutationFn: () => removeMember(project, member.id, removal),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["members"] });
      props.onClose();
    },
  });
  return (
    <Modal opened onClose={props.onClose} title={t("removeQuestion", { name: member.name })}>
      <p>{removal === "everywhere" ? t("deleteExplained") : t("removeExplained")}</p>
      <Problem error={removing.error} />
      <Group justify="flex-end" gap="xs" mt="sm">
        <Button onClick={props.onClose}>{words("cancel")}</Button>
        <Button color="red" variant="filled" loading={removing.isPending} onClick={() => removing.mutate()}>
          {t("remove")}
        </Button>
      </Group>
    </Modal>
  );
}
