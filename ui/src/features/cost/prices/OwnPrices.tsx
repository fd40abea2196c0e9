import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus } from "lucide-react";
import { useMay } from "../../../api/me";
import { deleteOwnPrice, type OwnPrice, ownPricesQuery, RATE_CLASSES } from "../../../api/prices";
import { useProject } from "../../../api/useProject";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import { useCardStrings } from "../../../widgets/cards/strings";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import classes from "../cost.module.css";
import { usePriceStrings } from "./strings";

/** What the project set for itself. */
export function OwnPrices(props: { onEdit: (price: OwnPrice) => void; onAdd: () => void }) {
  const t = usePriceStrings();
  const answer = useQuery(ownPricesQuery(useProject()));
  const items = answer.data?.items ?? [];
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>{t("own")}</h2>
        <span className={classes.small}>{items.length === 0 ? t("noOwn") : t("ownHelp")}</span>
        <span className={classes.end}>
          <NeedsRole permission="edit">
            <Button size="compact-xs" leftSection={<Plus size={13} />} onClick={props.onAdd}>
              {t("add")}
            </Button>
          </NeedsRole>
        </span>
      </div>
      {answer.error && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      {items.length > 0 && (
        <div className={classes.scroller}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t("model")}</th>
                <th scope="col" className={classes.left}>
                  {t("provider")}
                </th>
                <th scope="col" className={classes.left}>
                  {t("from")}
                </th>
                <th scope="col" className={classes.left}>
                  {t("perMillion")}
                </th>
                <th scope="col" />
              </tr>
            </thead>
            <tbody>
              {items.map((price) => (
                <Row key={price.id} price={price} onEdit={() => props.onEdit(price)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row(props: { price: OwnPrice; onEdit: () => void }) {
  const t = usePriceStrings();
  const words = useCardStrings();
  const project = useProject();
  const mayEdit = useMay("edit");
  const queryClient = useQueryClient();
  const { price } = props;
  const removal = useMutation({
    mutationFn: () => deleteOwnPrice(project, price.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["prices"] }),
  });
  return (
    <tr title={price.note}>
      <td>{price.model}</td>
      <td className={classes.left}>{price.provider || "–"}</td>
      <td className={classes.left}>{price.valid_from?.slice(0, 10) ?? t("always")}</td>
      <td className={classes.left}>
        {price.same_as_model !== ""
          ? `${t("sameAs")} ${price.same_as_provider} ${price.same_as_model}`
          : ratesText(price, t)}
      </td>
      <td>
        {mayEdit && (
          <span className={classes.end}>
            <Tooltip label={words("edit")}>
              <ActionIcon size="sm" aria-label={`${words("edit")}: ${price.model}`} onClick={props.onEdit}>
                <Pencil size={14} />
              </ActionIcon>
            </Tooltip>
            <ConfirmButton
              label={words("remove")}
              question={t("removeQuestion")}
              explained={t("removeExplained")}
              isPending={removal.isPending}
              error={removal.error}
              onConfirm={(close) => removal.mutate(undefined, { onSuccess: close })}
            />
          </span>
        )}
      </td>
    </tr>
  );
}

function ratesText(price: OwnPrice, t: ReturnType<typeof usePriceStrings>): string {
  const told = RATE_CLASSES.filter((name) => price.rates[name] !== undefined).map(
    (name) => `${t(`rate_${name}`)} $${price.rates[name]}`,
  );
  if (price.request_usd !== null) told.push(`${t("request")} $${price.request_usd}`);
  return told.join(" · ");
}
