import { Button } from "@mantine/core";
import { CircleAlert, Lock, PlugZap } from "lucide-react";
import { ApiError } from "../api/client";
import { EmptyState } from "./EmptyState";
import { useWidgetStrings } from "./strings";

/** A failed question: what failed, the server's hint, and a way on. */
export function ErrorState(props: { error: Error; onRetry: () => void }) {
  const t = useWidgetStrings();
  const { error } = props;
  const isSilent = error instanceof ApiError && error.status === 0;
  const isRefused = error instanceof ApiError && (error.status === 401 || error.status === 403);
  const hint = error instanceof ApiError ? error.problem.hint : null;
  return (
    <EmptyState
      icon={isSilent ? <PlugZap size={28} /> : isRefused ? <Lock size={28} /> : <CircleAlert size={28} />}
      title={isSilent ? t("unreachable") : isRefused ? t("refused") : t("failed")}
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
