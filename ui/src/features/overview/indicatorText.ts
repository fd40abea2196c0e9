/** An indicator's numbers as people read them. */

import type { Indicator, IndicatorName, Overview, ThresholdName } from "../../api/overview";
import { ABSENT, formatCompact, formatCost, formatDuration, formatPercent } from "../../base/format";
import type { OverviewWords } from "./strings";

/** Quality is told of five. */
export function formatIndicator(name: IndicatorName, value: number | null): string {
  if (value === null) return ABSENT;
  switch (name) {
    case "latency":
      return formatDuration(value * 1000);
    case "errors":
    case "cache":
      return formatPercent(value);
    case "tokens":
      return formatCompact(Math.round(value));
    case "cost":
      return formatCost(value);
    case "quality":
      return (value * 5).toFixed(2);
  }
}

/** With its sign; a change of shares in percentage points. */
export function formatChange(name: IndicatorName, change: number): string {
  const sign = change > 0 ? "+" : change < 0 ? "−" : "±";
  const size = Math.abs(change);
  if (name === "errors" || name === "cache") return `${sign}${(size * 100).toFixed(1)} %p`;
  return `${sign}${formatIndicator(name, size)}`;
}

export function formatRatio(ratio: number | null): string {
  if (ratio === null) return ABSENT;
  const percent = Math.round(Math.abs(ratio) * 100);
  return `${ratio > 0 ? "+" : ratio < 0 ? "−" : "±"}${percent > 999 ? "999+" : percent} %`;
}

function thresholdOf(indicator: Indicator, name: ThresholdName): number {
  return indicator.thresholds.find((one) => one.name === name)?.value ?? Number.NaN;
}

/** The threshold in the indicator's own unit. */
export function limitText(indicator: Indicator, t: OverviewWords): string {
  const [first] = indicator.thresholds;
  if (first === undefined) return ABSENT;
  switch (indicator.name) {
    case "tokens":
      return t("growth", { times: String(first.value) });
    case "cost": {
      const floor = formatCost(thresholdOf(indicator, "cost_per_hour_usd"));
      return t("growthAndFloor", { times: String(first.value), floor });
    }
    case "quality":
      return t("outOf", { value: (first.value * 5).toFixed(1) });
    default:
      return formatIndicator(indicator.name, first.value);
  }
}

/** Why the indicator is in its state. */
export function reasonText(indicator: Indicator, t: OverviewWords): string | null {
  const limit = limitText(indicator, t);
  switch (indicator.reason) {
    case "":
      return null;
    case "over":
      return t(indicator.name === "quality" || indicator.name === "cache" ? "below" : "over", { limit });
    case "near":
      return t("near", { limit });
    case "few_samples":
      if (indicator.samples === 0) return null;
      return t("few", {
        count: formatCompact(indicator.samples),
        least: formatCompact(indicator.samples_min),
      });
    case "no_comparison":
      return t("noComparison");
    case "few_before":
      return t("fewBefore");
    case "uncertain":
      return t("uncertain", { limit });
    case "budget_spent":
      return t("budgetSpent");
    case "budget_forecast":
      return t("budgetForecast");
    case "budget_used":
      return t("budgetUsed");
  }
}

/** What else is worth a line, the most telling first. */
export function detailTexts(indicator: Indicator, overview: Overview, t: OverviewWords): string[] {
  const part = (name: string) => indicator.parts.find((one) => one.name === name)?.value ?? null;
  switch (indicator.name) {
    case "latency":
      return [t("p50", { value: formatIndicator("latency", part("p50")) })];
    case "errors":
      return [t("failed", { failed: formatCompact(part("failed")), calls: formatCompact(part("calls")) })];
    case "tokens":
      return [t("total", { value: formatCompact(part("tokens")) })];
    case "cost":
      return costTexts(part("cost"), part("unpriced"), overview, t);
    case "quality":
      return indicator.low === null || indicator.high === null
        ? []
        : [
            t("interval", {
              low: formatIndicator("quality", indicator.low),
              high: formatIndicator("quality", indicator.high),
              count: formatCompact(indicator.samples),
            }),
          ];
    case "cache":
      return [
        t("application", { value: formatPercent(part("application")) }),
        t("provider", { value: formatPercent(part("provider")) }),
      ];
  }
}

function costTexts(cost: number | null, unpriced: number | null, overview: Overview, t: OverviewWords) {
  const { budget } = overview;
  const texts = [t("total", { value: formatCost(cost) ?? ABSENT })];
  if (budget !== null) {
    const used = t("budget", { name: budget.name, used: formatPercent(budget.used_ratio) });
    const forecast =
      budget.forecast_ratio === null
        ? ""
        : `, ${t("forecast", { ratio: formatPercent(budget.forecast_ratio) })}`;
    texts.push(used + forecast);
  }
  if (unpriced) texts.push(t("unpriced", { share: formatPercent(unpriced) }));
  return texts;
}

/** What was asked for and what tells of the indicator, as one filter. */
export function joinedFilter(asked: string, own: string): string {
  if (asked.trim() === "") return own;
  return own === "" ? asked : `(${asked}) ${own}`;
}
