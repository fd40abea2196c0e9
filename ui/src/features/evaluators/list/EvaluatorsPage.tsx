import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Scale } from "lucide-react";
import { evaluatorsQuery } from "../../../api/evaluators";
import { useMay } from "../../../api/me";
import { useProject } from "../../../api/useProject";
import { CardList } from "../../../widgets/cards/CardList";
import classes from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { EvaluatorCard } from "./EvaluatorCard";
import { useListStrings } from "./strings";

/** What scores answers while they happen, and how it fares: /evaluators. */
export function EvaluatorsPage() {
  const t = useListStrings();
  const project = useProject();
  const evaluators = useQuery(evaluatorsQuery(project));
  const mayAdd = useMay("edit");
  if (evaluators.data === undefined) {
    if (evaluators.error)
      return <ErrorState error={evaluators.error} onRetry={() => void evaluators.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const { items } = evaluators.data;
  const add = (
    <NeedsRole permission="edit">
      <Button
        variant="filled"
        leftSection={<Plus size={14} />}
        renderRoot={mayAdd ? (root) => <Link {...root} to="/evaluators/new" /> : undefined}
      >
        {t("add")}
      </Button>
    </NeedsRole>
  );
  if (items.length === 0)
    return (
      <EmptyState icon={<Scale size={28} />} title={t("none")} actions={add}>
        {t("noneHint")}
      </EmptyState>
    );
  return (
    <div className={classes.page}>
      <Stale error={evaluators.error} />
      <div className={classes.bar}>
        <span className={classes.gap} />
        {add}
      </div>
      <CardList
        items={items}
        keyOf={(evaluator) => evaluator.id}
        card={(evaluator) => <EvaluatorCard evaluator={evaluator} />}
      />
    </div>
  );
}
