import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { type KnownPrice, knownPricesQuery, type PricePeriod, RATE_CLASSES } from "../../../api/prices";
import { useProject } from "../../../api/useProject";
import { formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { ErrorState } from "../../../widgets/ErrorState";
import classes from "../cost.module.css";
import { saveCsv } from "../csv";
import { usePriceStrings } from "./strings";

const SHOWN = ["input", "output", "cache_read", "cache_write", "reasoning"] as const;

/** What the server knows of models, under the project's own prices. */
export function KnownPrices() {
  const t = usePriceStrings();
  const language = useLanguage();
  const [search, setSearch] = useState("");
  const [asked] = useDebouncedValue(search.trim(), 200);
  const answer = useQuery(knownPricesQuery(useProject(), asked));
  const items = answer.data?.items ?? [];
  const rows = items.flatMap((item) => lines(item));
  const save = () =>
    saveCsv(
      "prices",
      ["provider", "model", "valid_from", "above_input_tokens", ...RATE_CLASSES, "source", "version"],
      rows.map(({ item, period, tier }) => [
        item.provider,
        item.model,
        period?.valid_from ?? null,
        tier && tier.above_input_tokens >= 0 ? tier.above_input_tokens : null,
        ...RATE_CLASSES.map((name) => tier?.rates[name] ?? null),
        period?.source ?? null,
        period?.version ?? null,
      ]),
    );
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>{t("catalog")}</h2>
        <span className={classes.small}>{answer.data?.version}</span>
        <span className={classes.end}>
          {answer.data && (
            <span className={classes.small}>
              {t("found", {
                shown: formatCount(items.length, language),
                count: formatCount(answer.data.total, language),
              })}
            </span>
          )}
          <TextInput
            size="xs"
            aria-label={t("search")}
            placeholder={t("search")}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <Button size="compact-xs" leftSection={<Download size={13} />} onClick={save}>
            {t("csv")}
          </Button>
        </span>
      </div>
      {answer.error && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard too */}
      <div className={classes.scroller} tabIndex={0} role="region" aria-label={t("catalog")}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("model")}</th>
              <th scope="col" className={classes.left}>
                {t("provider")}
              </th>
              {SHOWN.map((name) => (
                <th key={name} scope="col" title={t("perMillion")}>
                  {t(`rate_${name}`)}
                </th>
              ))}
              <th scope="col" className={classes.left}>
                {t("version")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ item, period, tier, key }) => (
              <tr key={key}>
                <td title={item.name}>
                  {item.model}
                  <div className={classes.small}>{whenOf(period, tier, t)}</div>
                </td>
                <td className={classes.left}>{item.provider_name}</td>
                {SHOWN.map((name) => (
                  <td key={name}>{tier?.rates[name] === undefined ? "–" : `$${tier.rates[name]}`}</td>
                ))}
                <td className={classes.left}>
                  {period && `${t(`source_${period.source}`)} · ${period.version}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

type PriceLine = {
  item: KnownPrice;
  period: PricePeriod | null;
  tier: PricePeriod["tiers"][number] | null;
  key: string;
};

/** A line for each tier of each period; one where there is no price. */
function lines(item: KnownPrice): PriceLine[] {
  const found = item.periods.flatMap((period, number) =>
    [...period.tiers]
      .reverse()
      .map((tier) => ({ item, period, tier, key: keyOf(item, number, tier.above_input_tokens) })),
  );
  return found.length > 0 ? found : [{ item, period: null, tier: null, key: keyOf(item, 0, 0) }];
}

function keyOf(item: KnownPrice, period: number, tier: number): string {
  return [item.provider, item.model, period, tier].join("\n");
}

function whenOf(
  period: PricePeriod | null,
  tier: PriceLine["tier"],
  t: ReturnType<typeof usePriceStrings>,
): string {
  if (period === null || tier === null) return t("notByTokens");
  const told = [];
  if (tier.above_input_tokens >= 0)
    told.push(t("above", { tokens: formatCount(tier.above_input_tokens, "en") }));
  if (period.valid_from) told.push(t("since", { date: period.valid_from.slice(0, 10) }));
  if (period.valid_to) told.push(t("until", { date: period.valid_to.slice(0, 10) }));
  if (period.daily_from && period.daily_to)
    told.push(t("daily", { from: period.daily_from, to: period.daily_to }));
  return told.join(", ");
}
