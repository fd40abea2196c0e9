import { Button } from "@mantine/core";
import { useLocation } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { resetPassword } from "../../api/team";
import { Door } from "./Door";
import classes from "./Door.module.css";
import { tokenOf } from "./next";
import { PasswordField } from "./PasswordField";
import { Refusal } from "./Refusal";
import { useLoginStrings } from "./strings";
import { useEntry } from "./useEntry";

/** A new password, by a link from an admin: /reset#token=. */
export function ResetPage() {
  const t = useLoginStrings();
  const token = tokenOf(useLocation({ select: (location) => location.hash }));
  const [password, setPassword] = useState("");
  const entry = useEntry(() => resetPassword(token, password), "/");
  if (token === "") return <Door title={t("noToken")} hint={t("noTokenHint")} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entry.mutate();
  };
  return (
    <Door title={t("reset")} hint={t("resetHint")}>
      <Refusal error={entry.error} />
      <form className={classes.form} onSubmit={submit}>
        <PasswordField
          isFocused
          kind="new"
          label={t("newPassword")}
          value={password}
          onChange={setPassword}
        />
        <Button type="submit" size="sm" variant="filled" loading={entry.isPending}>
          {t("reset")}
        </Button>
      </form>
    </Door>
  );
}
