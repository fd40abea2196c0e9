import { Button, Skeleton, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Person, useMe } from "../../../api/me";
import { changeName } from "../../../api/team";
import { Problem } from "../../../widgets/cards/Problem";
import { AuthOff } from "../AuthOff";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { PasswordForm } from "./PasswordForm";
import { Sessions } from "./Sessions";
import { useAccountStrings } from "./strings";

/** Oneself: /settings/account. */
export function AccountPage() {
  const t = useAccountStrings();
  const me = useMe();
  if (me === undefined) return <Skeleton height={120} m={12} radius="sm" />;
  if (me.auth === "off" || me.user === null) return <AuthOff />;
  return (
    <div className={classes.page}>
      <NameForm key={me.user.name} user={me.user} />
      <Section title={t("password")} hint={me.user.has_password ? t("passwordHint") : t("external")}>
        {me.user.has_password && <PasswordForm email={me.user.email} />}
      </Section>
      <Sessions />
    </div>
  );
}

function NameForm(props: { user: Person }) {
  const t = useAccountStrings();
  const queryClient = useQueryClient();
  const { user } = props;
  const [name, setName] = useState(user.name);
  const saving = useMutation({
    mutationFn: () => changeName(name.trim()),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["me"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <Section title={t("account")} hint={user.email}>
      <form className={classes.line} onSubmit={submit}>
        <TextInput
          label={t("name")}
          w={280}
          autoComplete="name"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          disabled={name.trim() === "" || name.trim() === user.name}
          loading={saving.isPending}
        >
          {t("save")}
        </Button>
      </form>
      <Problem error={saving.error} />
    </Section>
  );
}
