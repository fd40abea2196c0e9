import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Gavel, Plus } from "lucide-react";
import { useState } from "react";
import { connectionsQuery, type JudgeConnection } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { ConnectionCard } from "./ConnectionCard";
import { ConnectionForm } from "./ConnectionForm";
import { useConnectionStrings } from "./strings";

/** The models that judge: /evaluators/judges. */
export function ConnectionsPage() {
  const t = useConnectionStrings();
  const connections = useQuery(connectionsQuery(useProject()));
  const [edited, setEdited] = useState<JudgeConnection | "new" | null>(null);
  if (connections.data === undefined) {
    if (connections.error)
      return <ErrorState error={connections.error} onRetry={() => void connections.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const { items } = connections.data;
  const add = (
    <NeedsRole permission="admin">
      <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setEdited("new")}>
        {t("add")}
      </Button>
    </NeedsRole>
  );
  return (
    <>
      {items.length === 0 ? (
        <EmptyState icon={<Gavel size={28} />} title={t("none")} actions={add}>
          {t("noneHint")}
        </EmptyState>
      ) : (
        <div className={classes.page}>
          <Stale error={connections.error} />
          <div className={classes.bar}>
            <span className={classes.gap} />
            {add}
          </div>
          {items.map((connection) => (
            <ConnectionCard
              key={connection.name}
              connection={connection}
              onEdit={() => setEdited(connection)}
            />
          ))}
        </div>
      )}
      {edited !== null && (
        <ConnectionForm
          connection={edited === "new" ? null : edited}
          known={connections.data}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}
