import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus, Wallet } from "lucide-react";
import { useState } from "react";
import { type Budget, budgetsQuery } from "../../../api/budgets";
import { useProject } from "../../../api/useProject";
import { CardList } from "../../../widgets/cards/CardList";
import classes from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { BudgetCard } from "./BudgetCard";
import { BudgetForm } from "./BudgetForm";
import { useBudgetStrings } from "./strings";

/** What may be spent, what was, and what it will come to: /alerts/budgets. */
export function BudgetsPage() {
  const t = useBudgetStrings();
  const project = useProject();
  const budgets = useQuery(budgetsQuery(project));
  const [edited, setEdited] = useState<Budget | "new" | null>(null);
  if (budgets.data === undefined) {
    if (budgets.error) return <ErrorState error={budgets.error} onRetry={() => void budgets.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const { items } = budgets.data;
  const add = (
    <NeedsRole permission="edit">
      <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setEdited("new")}>
        {t("add")}
      </Button>
    </NeedsRole>
  );
  return (
    <>
      {items.length === 0 ? (
        <EmptyState icon={<Wallet size={28} />} title={t("none")} actions={add}>
          {t("noneHint")}
        </EmptyState>
      ) : (
        <div className={classes.page}>
          <Stale error={budgets.error} />
          <div className={classes.bar}>
            <span className={classes.gap} />
            {add}
          </div>
          <CardList
            items={items}
            keyOf={(budget) => budget.name}
            card={(budget) => <BudgetCard budget={budget} onEdit={() => setEdited(budget)} />}
          />
        </div>
      )}
      {edited !== null && (
        <BudgetForm budget={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
    </>
  );
}
