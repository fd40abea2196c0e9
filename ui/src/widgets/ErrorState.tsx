import { Button, PasswordInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, KeyRound, PlugZap } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ApiError, secretKey } from "../api/client";
import { EmptyState } from "./EmptyState";
import { useWidgetStrings } from "./strings";

/** A failed question: what failed, the server's hint, and a way on. */
export function ErrorState(props: { error: Error; onRetry: () => void }) {
  const t = useWidgetStrings();
  const { error } = props;
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return <KeyForm />;
  const isSilent = error instanceof ApiError && error.status === 0;
  const hint = error instanceof ApiError ? error.problem.hint : null;
  return (
    <EmptyState
      icon={isSilent ? <PlugZap size={28} /> : <CircleAlert size={28} />}
      title={isSilent ? t("unreachable") : t("failed")}
      actions={<Button onClick={props.onRetry}>{t("retry")}</Button>}
    >
      {isSilent ? t("unreachableHint") : error.message}
      {hint && (
        <div>
          {t("hint")} {hint}
        </div>
      )}
    </EmptyState>
  );
}

function KeyForm() {
  const t = useWidgetStrings();
  const queryClient = useQueryClient();
  const [key, setKey] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    secretKey.set(key);
    void queryClient.resetQueries();
  };
  return (
    <EmptyState icon={<KeyRound size={28} />} title={t("keyWanted")}>
      <p>{t("keyHint")}</p>
      <form onSubmit={submit} style={{ display: "flex", gap: 8, justifyContent: "center" }}>
        <PasswordInput
          size="xs"
          w={280}
          aria-label={t("keyLabel")}
          placeholder={t("keyLabel")}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" disabled={key.trim() === ""}>
          {t("signIn")}
        </Button>
      </form>
    </EmptyState>
  );
}
