import { Button } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Bug } from "lucide-react";
import { EmptyState } from "./EmptyState";
import { useWidgetStrings } from "./strings";

/** The error boundary of a page: the rest of the app goes on. */
export function PageError(props: ErrorComponentProps) {
  const t = useWidgetStrings();
  return (
    <EmptyState
      icon={<Bug size={28} />}
      title={t("broken")}
      actions={<Button onClick={() => window.location.reload()}>{t("reload")}</Button>}
    >
      <p>{t("brokenHint")}</p>
      <pre className="mono" style={{ whiteSpace: "pre-wrap", textAlign: "left" }}>
        {String(props.error)}
      </pre>
    </EmptyState>
  );
}
