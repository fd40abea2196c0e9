import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changePassword } from "../../../api/team";
import { Problem } from "../../../widgets/cards/Problem";
import classes from "../settings.module.css";
import { useAccountStrings } from "./strings";

export function PasswordForm(props: { email: string }) {
  const t = useAccountStrings();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState({ old: "", fresh: "" });
  const changing = useMutation({
    mutationFn: () => changePassword(draft.old, draft.fresh),
    onSuccess: () => {
      setDraft({ old: "", fresh: "" });
      return queryClient.invalidateQueries({ queryKey: ["my-sessions"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    changing.mutate();
  };
  return (
    <form className={classes.form} style={{ maxWidth: 280 }} onSubmit={submit}>
      {/* For the browser's own keeper of passwords. */}
      <input type="hidden" name="username" autoComplete="username" value={props.email} />
      {(["old", "fresh"] as const).map((which) => (
        <PasswordInput
          key={which}
          required
          label={t(which)}
          autoComplete={which === "old" ? "current-password" : "new-password"}
          minLength={which === "fresh" ? 10 : undefined}
          maxLength={1000}
          value={draft[which]}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setDraft((before) => ({ ...before, [which]: value }));
          }}
        />
      ))}
      <Problem error={changing.error} />
      {changing.isSuccess && <p role="status">{t("changed")}</p>}
      <Button type="submit" loading={changing.isPending}>
        {t("change")}
      </Button>
    </form>
  );
}
