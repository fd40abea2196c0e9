import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { scoreConfigsQuery } from "../../../api/scores";
import { useProject } from "../../../api/useProject";
import { CardList } from "../../../widgets/cards/CardList";
import classes from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { useScoresStrings } from "../strings";
import { ConfigCard } from "./ConfigCard";
import { ConfigForm } from "./ConfigForm";

/** What scores of a name may be, and which way is better: /scores/configurations. */
export function ConfigsPage() {
  const t = useScoresStrings();
  const project = useProject();
  const configs = useQuery(scoreConfigsQuery(project));
  const [isAdding, setAdding] = useState(false);
  if (configs.data === undefined) {
    if (configs.error) return <ErrorState error={configs.error} onRetry={() => void configs.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const items = [...configs.data.items].sort((a, b) => Number(a.is_archived) - Number(b.is_archived));
  const add = (
    <NeedsRole permission="ingest">
      <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
        {t("newConfig")}
      </Button>
    </NeedsRole>
  );
  return (
    <>
      {items.length === 0 ? (
        <EmptyState icon={<SlidersHorizontal size={28} />} title={t("noConfig")} actions={add}>
          {t("noConfigHint")}
        </EmptyState>
      ) : (
        <div className={classes.page}>
          <Stale error={configs.error} />
          <div className={classes.bar}>
            <span className={classes.gap} />
            {add}
          </div>
          <CardList
            items={items}
            keyOf={(config) => config.id}
            card={(config) => <ConfigCard config={config} />}
          />
        </div>
      )}
      {isAdding && <ConfigForm onClose={() => setAdding(false)} />}
    </>
  );
}
