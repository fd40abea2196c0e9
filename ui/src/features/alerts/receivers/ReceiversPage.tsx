import { Alert, Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Pencil, Send } from "lucide-react";
import { useState } from "react";
import { notificationConfigQuery, receiversQuery } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { ConfigEditor } from "./ConfigEditor";
import { ReceiverCard } from "./ReceiverCard";
import { SentTable } from "./SentTable";
import { useReceiverStrings } from "./strings";

/** Who hears of alerts, and what they were told: /alerts/receivers. */
export function ReceiversPage() {
  const t = useReceiverStrings();
  const project = useProject();
  const receivers = useQuery(receiversQuery(project));
  const config = useQuery(notificationConfigQuery(project));
  const [isEditing, setEditing] = useState(false);
  const error = receivers.error ?? config.error;
  if (receivers.data === undefined || config.data === undefined) {
    const retry = () => void Promise.all([receivers.refetch(), config.refetch()]);
    if (error) return <ErrorState error={error} onRetry={retry} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const isNone = config.data.source === "none";
  return (
    <div className={classes.page}>
      <Stale error={error} />
      {config.data.error && (
        <Alert color="red" title={t("broken")} style={{ whiteSpace: "pre-wrap" }}>
          {config.data.error}
        </Alert>
      )}
      {isNone ? (
        <EmptyState
          icon={<Send size={28} />}
          title={t("none")}
          actions={
            <NeedsRole permission="admin">
              <Button variant="filled" onClick={() => setEditing(true)}>
                {t("configure")}
              </Button>
            </NeedsRole>
          }
        >
          {t("noneHint")}
        </EmptyState>
      ) : (
        <div className={classes.bar}>
          <span className={classes.gap} />
          {config.data.source === "file" ? (
            <span className="muted">{t("fromFile")}</span>
          ) : (
            <NeedsRole permission="admin">
              <Button leftSection={<Pencil size={13} />} onClick={() => setEditing(true)}>
                {t("edit")}
              </Button>
            </NeedsRole>
          )}
        </div>
      )}
      {receivers.data.items.map((receiver) => (
        <ReceiverCard key={receiver.name} receiver={receiver} />
      ))}
      {!isNone && <SentTable />}
      {isEditing && <ConfigEditor config={config.data} onClose={() => setEditing(false)} />}
    </div>
  );
}
