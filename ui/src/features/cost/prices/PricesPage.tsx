import { Select } from "@mantine/core";
import { useState } from "react";
import { NEW_PRICE, type OwnPrice, type OwnPriceInput } from "../../../api/prices";
import classes from "../cost.module.css";
import { KnownPrices } from "./KnownPrices";
import { OwnPriceForm } from "./OwnPriceForm";
import { OwnPrices } from "./OwnPrices";
import { Reprice } from "./Reprice";
import { usePriceStrings } from "./strings";
import { Unpriced } from "./Unpriced";

/** A price that is being written; without an id a new one. */
export type PriceDraft = { id: string | null; price: OwnPriceInput };

const RANGES = [
  { value: "now-24h", word: "days1" },
  { value: "now-7d", word: "days7" },
  { value: "now-30d", word: "days30" },
  { value: "now-90d", word: "days90" },
] as const;

/** What calls are priced by, and which have no price: /cost/prices. */
export function PricesPage() {
  const t = usePriceStrings();
  const [from, setFrom] = useState<string>("now-7d");
  const [draft, setDraft] = useState<PriceDraft | null>(null);
  const range = { from, to: "now" };
  const edit = (own: OwnPrice) => {
    const { id, created_at: _created, updated_at: _updated, ...price } = own;
    setDraft({ id, price });
  };
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <Select
          size="xs"
          w={150}
          aria-label={t("range")}
          value={from}
          allowDeselect={false}
          onChange={(chosen) => setFrom(chosen ?? from)}
          data={RANGES.map(({ value, word }) => ({ value, label: t(word) }))}
        />
      </div>
      <Unpriced range={range} onSetPrice={(price) => setDraft({ id: null, price })} />
      <OwnPrices onEdit={edit} onAdd={() => setDraft({ id: null, price: NEW_PRICE })} />
      <Reprice range={range} />
      <KnownPrices />
      {draft && (
        <OwnPriceForm key={draft.id ?? draft.price.model} draft={draft} onClose={() => setDraft(null)} />
      )}
    </div>
  );
}
