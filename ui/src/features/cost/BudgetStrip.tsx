import { Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Budget, budgetsQuery } from "../../api/budgets";
import { useProject } from "../../api/useProject";
import { formatCost } from "../../base/format";
import classes from "./cost.module.css";
import { useCostStrings } from "./strings";

/** What is left of each budget, and what it will come to. */
export function BudgetStrip() {
  const t = useCostStrings();
  const answer = useQuery(budgetsQuery(useProject()));
  const budgets = answer.data?.items ?? [];
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>
          <Link to="/alerts/budgets">{t("budgets")}</Link>
        </h2>
      </div>
      {answer.data && budgets.length === 0 && (
        <p className="muted">
          {t("noBudgets")} <Link to="/alerts/budgets">{t("setBudget")}</Link>
        </p>
      )}
      {budgets.map((budget) => (
        <div key={budget.name}>
          <div className={classes.head}>
            <span>{budget.name}</span>
            <span className={classes.small}>
              {t("spentOf", {
                spent: formatCost(budget.spent_usd),
                amount: formatCost(budget.amount_usd),
              })}
              {budget.forecast_usd !== null &&
                ` · ${t("forecast", { usd: formatCost(budget.forecast_usd) })}`}
            </span>
          </div>
          <Progress
            value={Math.min(100, budget.used_ratio * 100)}
            color={colorOf(budget)}
            aria-label={budget.name}
          />
        </div>
      ))}
    </section>
  );
}

function colorOf(budget: Budget): string {
  if (budget.is_exhausted) return "red";
  return (budget.forecast_ratio ?? 0) > 1 || budget.used_ratio > 0.8 ? "orange" : "glass";
}
