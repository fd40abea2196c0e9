import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { type Me, meQuery } from "../../api/me";
import { signIn } from "../../api/team";
import { ErrorState } from "../../widgets/ErrorState";
import { Door } from "./Door";
import classes from "./Door.module.css";
import { ownPath } from "./next";
import { PasswordField } from "./PasswordField";
import { Refusal } from "./Refusal";
import { REFUSALS, useLoginStrings } from "./strings";
import { useEntry } from "./useEntry";

/** Signing in: /login?next=. */
export function LoginPage() {
  const t = useLoginStrings();
  const me = useQuery(meQuery(null));
  if (me.data === undefined) {
    if (me.error) return <ErrorState error={me.error} onRetry={() => void me.refetch()} />;
    return <Door title={t("signIn")} />;
  }
  if (me.data.auth === "off")
    return (
      <Door title={t("noLogin")} hint={t("noLoginHint")}>
        <Link to="/">{t("toApp")}</Link>
      </Door>
    );
  if (!me.data.is_set_up) return <Door title={t("notSetUp")} hint={t("notSetUpHint")} />;
  return <SignInForm oidc={me.data.oidc} />;
}

function SignInForm(props: { oidc: Me["oidc"] }) {
  const t = useLoginStrings();
  const { next, error } = useSearch({ from: "/login" });
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const entry = useEntry(() => signIn(email.trim(), password), next);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entry.mutate();
  };
  const known = REFUSALS.find((word) => word === error);
  const earlier = error === undefined || error === "" ? null : t(known ?? "refused");
  return (
    <Door title={t("signIn")}>
      <Refusal error={entry.error ?? (entry.isPending ? null : earlier)} />
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          required
          autoFocus
          size="sm"
          type="email"
          label={t("email")}
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordField kind="current" label={t("password")} value={password} onChange={setPassword} />
        <Button type="submit" size="sm" variant="filled" loading={entry.isPending}>
          {t("signIn")}
        </Button>
      </form>
      {props.oidc && (
        <>
          <p className={classes.or}>{t("or")}</p>
          <Button
            component="a"
            size="sm"
            fullWidth
            href={`${props.oidc.url}?next=${encodeURIComponent(ownPath(next))}`}
          >
            {props.oidc.label}
          </Button>
        </>
      )}
      <p className="muted">{t("forgotten")}</p>
    </Door>
  );
}
