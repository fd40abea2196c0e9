import { Button, TextInput } from "@mantine/core";
import { useLocation } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { setUp } from "../../api/team";
import { Door } from "./Door";
import classes from "./Door.module.css";
import { tokenOf } from "./next";
import { PasswordField } from "./PasswordField";
import { Refusal } from "./Refusal";
import { useLoginStrings } from "./strings";
import { useEntry } from "./useEntry";

/** The first account of a server, by the link that it printed: /setup#token=. */
export function SetupPage() {
  const t = useLoginStrings();
  const token = tokenOf(useLocation({ select: (location) => location.hash }));
  const [draft, setDraft] = useState({ organization: "", name: "", email: "", password: "" });
  const change = (part: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...part }));
  const entry = useEntry(() => setUp({ token, ...draft }), "/settings/keys");
  if (token === "") return <Door title={t("noToken")} hint={t("noTokenHint")} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entry.mutate();
  };
  return (
    <Door title={t("setup")} hint={t("setupHint")}>
      <Refusal error={entry.error} />
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          required
          autoFocus
          size="sm"
          label={t("organization")}
          description={t("organizationHint")}
          maxLength={200}
          value={draft.organization}
          onChange={(event) => change({ organization: event.currentTarget.value })}
        />
        <TextInput
          required
          size="sm"
          label={t("name")}
          autoComplete="name"
          maxLength={200}
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          required
          size="sm"
          type="email"
          label={t("email")}
          autoComplete="username"
          value={draft.email}
          onChange={(event) => change({ email: event.currentTarget.value })}
        />
        <PasswordField
          kind="new"
          label={t("password")}
          value={draft.password}
          onChange={(password) => change({ password })}
        />
        <Button type="submit" size="sm" variant="filled" loading={entry.isPending}>
          {t("create")}
        </Button>
      </form>
    </Door>
  );
}
