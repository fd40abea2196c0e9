import { Button, Group, Modal, NumberInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type OwnPriceInput, putOwnPrice, RATE_CLASSES, type RateClass } from "../../../api/prices";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import classes from "../cost.module.css";
import type { PriceDraft } from "./PricesPage";
import { usePriceStrings } from "./strings";

/** A price of one's own, new or changed. */
export function OwnPriceForm(props: { draft: PriceDraft; onClose: () => void }) {
  const t = usePriceStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [price, setPrice] = useState<OwnPriceInput>(props.draft.price);
  const change = (part: Partial<OwnPriceInput>) => setPrice((before) => ({ ...before, ...part }));
  const saving = useMutation({
    mutationFn: () => putOwnPrice(project, props.draft.id, price),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["prices"] });
      props.onClose();
    },
  });
  const setRate = (name: RateClass, value: number | string) => {
    const { [name]: _old, ...others } = price.rates;
    change({ rates: typeof value === "number" ? { ...others, [name]: value } : others });
  };
  return (
    <Modal opened onClose={props.onClose} size="lg" title={props.draft.id === null ? t("add") : t("edit")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <div className={classes.form}>
          <TextInput
            required
            label={t("model")}
            description={t("modelHelp")}
            value={price.model}
            onChange={(event) => change({ model: event.currentTarget.value })}
          />
          <TextInput
            label={t("provider")}
            description={t("providerHelp")}
            value={price.provider}
            onChange={(event) => change({ provider: event.currentTarget.value })}
          />
          <TextInput
            type="date"
            label={t("from")}
            description={t("always")}
            value={price.valid_from?.slice(0, 10) ?? ""}
            onChange={(event) => {
              const day = event.currentTarget.value;
              change({ valid_from: day === "" ? null : `${day}T00:00:00Z` });
            }}
          />
        </div>
        <p className="muted">{t("perMillion")}</p>
        <div className={classes.form}>
          {RATE_CLASSES.map((name) => (
            <NumberInput
              key={name}
              label={t(`rate_${name}`)}
              min={0}
              hideControls
              decimalScale={9}
              value={price.rates[name] ?? ""}
              onChange={(value) => setRate(name, value)}
            />
          ))}
          <NumberInput
            label={t("request")}
            min={0}
            hideControls
            decimalScale={9}
            value={price.request_usd ?? ""}
            onChange={(value) => change({ request_usd: typeof value === "number" ? value : null })}
          />
          <NumberInput
            label={t("batch")}
            min={0}
            max={1}
            step={0.1}
            value={price.batch_factor ?? ""}
            onChange={(value) => change({ batch_factor: typeof value === "number" ? value : null })}
          />
        </div>
        <p className="muted">{t("sameHelp")}</p>
        <div className={classes.form}>
          <TextInput
            label={t("sameProvider")}
            value={price.same_as_provider}
            onChange={(event) => change({ same_as_provider: event.currentTarget.value })}
          />
          <TextInput
            label={t("sameModel")}
            value={price.same_as_model}
            onChange={(event) => change({ same_as_model: event.currentTarget.value })}
          />
          <TextInput
            label={t("note")}
            value={price.note}
            onChange={(event) => change({ note: event.currentTarget.value })}
          />
        </div>
        <Problem error={saving.error} />
        <Group justify="flex-end" gap="xs" mt="sm">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" loading={saving.isPending}>
            {t("save")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
