import { ActionIcon, Progress, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { type Budget, deleteBudget } from "../../../api/budgets";
import { useProject } from "../../../api/useProject";
import { formatCost, formatPercent } from "../../../base/format";
import { formatDateTime } from "../../../base/time";
import { quoteValue } from "../../../model/filterText";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import classes from "../../../widgets/cards/cards.module.css";
import { useCardStrings } from "../../../widgets/cards/strings";
import { useBudgetStrings } from "./strings";

export function BudgetCard(props: { budget: Budget; onEdit: () => void }) {
  const t = useBudgetStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { budget } = props;
  const removal = useMutation({
    mutationFn: () => deleteBudget(project, budget.name),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["budgets"] }),
  });
  const amount = money(budget.amount_usd);
  return (
    <article className={classes.card}>
      <header className={classes.head}>
        <h2 className={classes.name}>{budget.name}</h2>
        <span className="muted">
          {budget.scope === "project" ? t("project") : t(`${budget.scope}Of`, { value: budget.value })} ·{" "}
          {amount} / {t(budget.period)}
        </span>
        <span className={classes.gap} />
        <Link to="/traces" search={tracesOf(budget)}>
          {t("traces")}
        </Link>
        <Tooltip label={words("edit")}>
          <ActionIcon size="sm" aria-label={words("edit")} onClick={props.onEdit}>
            <Pencil size={14} />
          </ActionIcon>
        </Tooltip>
        <ConfirmButton
          label={words("remove")}
          question={t("removeQuestion")}
          explained={t("removeExplained", { name: budget.name })}
          isPending={removal.isPending}
          error={removal.error}
          onConfirm={(close) => removal.mutate(undefined, { onSuccess: close })}
        />
      </header>
      <Progress
        mt={8}
        value={Math.min(100, budget.used_ratio * 100)}
        color={colorOf(budget)}
        size="md"
        aria-label={t("spent", { spent: money(budget.spent_usd), amount })}
      />
      <p className={classes.facts}>
        <b>{t("spent", { spent: money(budget.spent_usd), amount })}</b>
        <span>{formatPercent(budget.used_ratio)}</span>
        <Tooltip label={budget.forecast_basis === "none" ? t("forecastNone") : t(budget.forecast_basis)}>
          <span>
            {t("forecast")} {budget.forecast_usd === null ? t("forecastNone") : money(budget.forecast_usd)}
          </span>
        </Tooltip>
        <Tooltip label={t("burnHint")}>
          <span>
            {t("burn")}{" "}
            {budget.burn_rates.map(({ window, rate }) => `${window} ${rate.toFixed(1)}×`).join(" · ")}
          </span>
        </Tooltip>
        <span className={classes.gap} />
        <span className="muted">{endOf(budget, t)}</span>
      </p>
    </article>
  );
}

function colorOf(budget: Budget): string {
  if (budget.is_exhausted) return "red";
  return (budget.forecast_ratio ?? 0) > 1 || budget.used_ratio > 0.8 ? "orange" : "glass";
}

function endOf(budget: Budget, t: ReturnType<typeof useBudgetStrings>): string {
  const short = (time: string) => formatDateTime(time).slice(0, 16);
  if (budget.exhausted_at === null) return t("ends", { time: short(budget.period_end) });
  const time = short(budget.exhausted_at);
  return budget.is_exhausted ? t("ranOut", { time }) : t("runsOut", { time });
}

/** The costliest first. */
function tracesOf(budget: Budget): { from: string; to: string; filter?: string; order: string } {
  const field = { team: "team", feature: "feature", user: "user_id", model: "model", project: "" }[
    budget.scope
  ];
  const range = { from: budget.period_start, to: "now", order: "-cost_usd" };
  return field === "" ? range : { ...range, filter: `${field}:${quoteValue(budget.value)}` };
}

/** To the cent, as budgets are set; what is less keeps its digits. */
function money(usd: number): string {
  if (usd < 0.1 && usd !== 0) return formatCost(usd);
  return usd.toLocaleString("en-US", { style: "currency", currency: "USD" });
}
