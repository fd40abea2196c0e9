import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { meQuery, signOut } from "../../api/me";
import { acceptInvitation, lookAtInvitation, type OpenedInvitation, signIn } from "../../api/team";
import { Door } from "./Door";
import classes from "./Door.module.css";
import { tokenOf } from "./next";
import { PasswordField } from "./PasswordField";
import { Refusal } from "./Refusal";
import { useLoginStrings } from "./strings";
import { useEntry } from "./useEntry";

/** What an invitation's link opens: /invitation#token=. */
export function InvitationPage() {
  const t = useLoginStrings();
  const token = tokenOf(useLocation({ select: (location) => location.hash }));
  const opened = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => lookAtInvitation(token),
    enabled: token !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (token === "") return <Door title={t("noToken")} hint={t("noTokenHint")} />;
  if (opened.data === undefined)
    return (
      <Door title={t("accept")}>
        <Refusal error={opened.error} />
      </Door>
    );
  const { organization, project, role } = opened.data;
  const what =
    project === null ? t("invitedToAll", { role: t(role) }) : t("invitedTo", { project, role: t(role) });
  return (
    <Door title={t("invited", { organization })} hint={what}>
      {opened.data.has_account ? (
        <WithAccount token={token} invitation={opened.data} />
      ) : (
        <NewAccount token={token} invitation={opened.data} />
      )}
    </Door>
  );
}

type Part = { token: string; invitation: OpenedInvitation };

function NewAccount(props: Part) {
  const t = useLoginStrings();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const entry = useEntry(() => acceptInvitation(props.token, name, password), "/");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entry.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <Refusal error={entry.error} />
      <TextInput
        size="sm"
        label={t("email")}
        autoComplete="username"
        readOnly
        value={props.invitation.email}
      />
      <TextInput
        required
        autoFocus
        size="sm"
        label={t("name")}
        autoComplete="name"
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordField kind="new" label={t("password")} value={password} onChange={setPassword} />
      <Button type="submit" size="sm" variant="filled" loading={entry.isPending}>
        {t("accept")}
      </Button>
    </form>
  );
}

function WithAccount(props: Part) {
  const t = useLoginStrings();
  const queryClient = useQueryClient();
  const me = useQuery(meQuery(null));
  const entry = useEntry(() => acceptInvitation(props.token, "", ""), "/");
  const leaving = useMutation({ mutationFn: signOut, onSuccess: () => queryClient.resetQueries() });
  const { email } = props.invitation;
  const user = me.data?.user ?? null;
  if (user === null) return <SignInAndAccept {...props} />;
  const isOwn = user.email.toLowerCase() === email.toLowerCase();
  return (
    <div className={classes.form}>
      <Refusal error={entry.error ?? leaving.error} />
      <p className={classes.hint}>
        {t("signedInAs", { email: user.email })} {!isOwn && t("wrongAccount", { email })}
      </p>
      {isOwn ? (
        <Button size="sm" variant="filled" loading={entry.isPending} onClick={() => entry.mutate()}>
          {t("accept")}
        </Button>
      ) : (
        <Button size="sm" loading={leaving.isPending} onClick={() => leaving.mutate()}>
          {t("otherAccount")}
        </Button>
      )}
    </div>
  );
}

function SignInAndAccept(props: Part) {
  const t = useLoginStrings();
  const [password, setPassword] = useState("");
  const { email } = props.invitation;
  const entry = useEntry(async () => {
    await signIn(email, password);
    await acceptInvitation(props.token, "", "");
  }, "/");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entry.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <Refusal error={entry.error} />
      <p className={classes.hint}>{t("hasAccount", { email })}</p>
      <PasswordField isFocused kind="current" label={t("password")} value={password} onChange={setPassword} />
      <Button type="submit" size="sm" variant="filled" loading={entry.isPending}>
        {t("accept")}
      </Button>
    </form>
  );
}
