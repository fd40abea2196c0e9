import { Menu, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CircleUser, LogOut, UserCog } from "lucide-react";
import { signOut, useMe } from "../api/me";
import classes from "./AccountMenu.module.css";
import { useAppStrings } from "./strings";

/** Who is signed in, at the foot of the sections. Nothing where nobody signs in. */
export function AccountMenu(props: { compact: boolean }) {
  const t = useAppStrings();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const me = useMe();
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      await navigate({ to: "/login", search: {} });
      queryClient.clear();
    },
  });
  const user = me?.user;
  if (!user) return null;
  return (
    <Menu position="top-start" width={220}>
      <Menu.Target>
        <UnstyledButton
          className={classes.button}
          data-compact={props.compact || undefined}
          aria-label={`${t("account")}: ${user.name}`}
          title={user.email}
        >
          <CircleUser size={18} aria-hidden />
          <span className={classes.names}>
            <span className="cut">{user.name}</span>
            {me.role && <span className={classes.role}>{t(me.role)}</span>}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="cut">{user.email}</Menu.Label>
        <Menu.Item
          leftSection={<UserCog size={14} />}
          renderRoot={(root) => <Link {...root} to="/settings/account" />}
        >
          {t("account")}
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={14} />} onClick={() => leaving.mutate()}>
          {t("signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
