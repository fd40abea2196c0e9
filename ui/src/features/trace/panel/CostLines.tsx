import type { SpanHead } from "../../../api/types";
import { formatCost } from "../../../base/format";
import type { CostState } from "../../../model/traceUsage";
import { useTraceStrings } from "../strings";
import classes from "./panel.module.css";

/** Cost by class and where the price is from, or in words why there is none. */
export function CostLines(props: { span: SpanHead; state: CostState }) {
  const t = useTraceStrings();
  const { span, state } = props;
  const sources = { catalog: t("priceCatalog"), custom: t("priceCustom"), reported: t("priceReported") };
  const source = span.cost_source && span.cost_source !== "unpriced" ? sources[span.cost_source] : null;
  const classWords: Record<string, string> = {
    input: t("uncached"),
    cache_read: t("cache_read"),
    cache_write: t("cache_write"),
    output: t("outputTokens"),
    reasoning: t("reasoningTokens"),
  };
  const order = Object.keys(classWords);
  const details = Object.entries(span.cost_details ?? {})
    .filter(([, usd]) => usd > 0)
    .sort(([left], [right]) => order.indexOf(left) - order.indexOf(right));
  return (
    <div className={classes.costLines}>
      {state === "unpriced" && <p className={classes.unpriced}>{t("unpricedOne")}</p>}
      {state === "repeated" && (
        <p className="muted">
          {t("repeated")}: {t("repeatedHelp")}
        </p>
      )}
      {state === "priced" && details.length > 0 && (
        <ul className={classes.tokenLegend}>
          {details.map(([name, usd]) => (
            <li key={name}>
              {classWords[name] ?? name} <b>{formatCost(usd)}</b>
            </li>
          ))}
        </ul>
      )}
      <p className="muted">
        {state === "priced" && source}
        {state === "priced" &&
          span.price_version &&
          ` · ${t("priceVersion", { version: span.price_version })}`}
        {span.reported_cost_usd !== null && span.cost_source !== "reported" && (
          <>
            {state === "priced" && " · "}
            {t("reportedCost")} <b>{formatCost(span.reported_cost_usd)}</b>
          </>
        )}
      </p>
    </div>
  );
}
