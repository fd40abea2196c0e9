import { Button, Menu, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import {
  NEW_PRICE,
  type OwnPriceInput,
  putOwnPrice,
  type UnpricedModel,
  unpricedQuery,
} from "../../../api/prices";
import { useProject } from "../../../api/useProject";
import { formatCompact, formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatTime, type TimeRange } from "../../../base/time";
import { quoteValue } from "../../../model/filterText";
import { Problem } from "../../../widgets/cards/Problem";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import classes from "../cost.module.css";
import { usePriceStrings } from "./strings";

type UnpricedProps = { range: TimeRange; onSetPrice: (price: OwnPriceInput) => void };

/** What was called and costs nobody knows what. */
export function Unpriced(props: UnpricedProps) {
  const t = usePriceStrings();
  const answer = useQuery(unpricedQuery(useProject(), props.range));
  const items = answer.data?.items ?? [];
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>{t("unpriced")}</h2>
        {items.length > 0 && <span className={classes.small}>{t("unpricedHelp")}</span>}
      </div>
      {answer.error && <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isPending && <Skeleton height={60} />}
      {answer.data && items.length === 0 && <p className="muted">{t("allPriced")}</p>}
      {items.length > 0 && (
        <div className={classes.scroller}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t("model")}</th>
                <th scope="col" className={classes.left}>
                  {t("provider")}
                </th>
                <th scope="col">{t("calls")}</th>
                <th scope="col">{t("tokens")}</th>
                <th scope="col">{t("lastCall")}</th>
                <th scope="col" />
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <Row
                  key={[item.provider, item.request_model, item.response_model].join("\n")}
                  item={item}
                  {...props}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row(props: UnpricedProps & { item: UnpricedModel }) {
  const t = usePriceStrings();
  const language = useLanguage();
  const { item, range } = props;
  const model = item.response_model || item.request_model;
  const price = { ...NEW_PRICE, provider: item.provider, model };
  const filter = `model:${quoteValue(model)} cost_source:unpriced`;
  return (
    <tr>
      <td>
        <Link to="/traces" search={{ ...range, filter }}>
          {model || "–"}
        </Link>
      </td>
      <td className={classes.left}>{item.provider || "–"}</td>
      <td>{formatCount(item.call_count, language)}</td>
      <td>{formatCompact(item.input_tokens + item.output_tokens)}</td>
      <td>{formatTime(item.last_time, Date.now())}</td>
      <td>
        {item.is_priced_now ? (
          <span className={classes.small}>{t("pricedNow")}</span>
        ) : (
          <span className={classes.end}>
            <MapTo item={item} price={price} />
            <NeedsRole permission="edit">
              <Button size="compact-xs" onClick={() => props.onSetPrice(price)}>
                {t("setPrice")}
              </Button>
            </NeedsRole>
          </span>
        )}
      </td>
    </tr>
  );
}

/** One click: it costs what a known model costs. */
function MapTo(props: { item: UnpricedModel; price: OwnPriceInput }) {
  const t = usePriceStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { item, price } = props;
  const mapping = useMutation({
    mutationFn: (to: { provider: string; model: string }) =>
      putOwnPrice(project, null, { ...price, same_as_provider: to.provider, same_as_model: to.model }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["prices"] }),
  });
  if (item.suggestions.length === 0) return null;
  return (
    <>
      <Menu>
        <Menu.Target>
          <span>
            <NeedsRole permission="edit">
              <Button size="compact-xs" loading={mapping.isPending}>
                {t("mapTo")}
              </Button>
            </NeedsRole>
          </span>
        </Menu.Target>
        <Menu.Dropdown>
          {item.suggestions.map((one) => (
            <Menu.Item key={`${one.provider}/${one.model}`} onClick={() => mapping.mutate(one)}>
              {one.provider} / {one.model}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Problem error={mapping.error} />
    </>
  );
}
