import type { SpanHead } from "../../../api/types";
import { formatCost, formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { costState, type TokenClass, tokenShares } from "../../../model/traceUsage";
import { useTraceStrings } from "../strings";
import { CostLines } from "./CostLines";
import classes from "./panel.module.css";
import { Section } from "./Section";

/** Told apart by lightness as well as hue, in both themes. */
const COLORS: Record<TokenClass, string> = {
  uncached: "#4477cc",
  cache_read: "#8fb8ea",
  cache_write: "#2a4d8f",
  output: "#e69f00",
  reasoning: "#a86f00",
};

/** Tokens by class as one bar that adds up, and what they cost. */
export function Usage(props: { span: SpanHead }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const { span } = props;
  const shares = tokenShares(span);
  const words: Record<TokenClass, string> = {
    uncached: t("uncached"),
    cache_read: t("cache_read"),
    cache_write: t("cache_write"),
    output: t("outputTokens"),
    reasoning: t("reasoningTokens"),
  };
  const state = costState(span);
  const cost = state === "priced" ? formatCost(span.cost_usd) : state === "unpriced" ? t("unpriced") : null;
  return (
    <Section
      title={t("usage")}
      actions={
        <span className={classes.usageTotal}>
          {span.total_tokens !== null && `${formatCount(span.total_tokens, language)} ${t("tokens")}`}
          {cost !== null && <strong data-unpriced={state === "unpriced" || undefined}>{cost}</strong>}
        </span>
      }
    >
      {shares.length > 0 && (
        <>
          <div className={classes.tokenBar} aria-hidden>
            {shares.map(({ tokenClass, share }) => (
              <span
                key={tokenClass}
                style={{ width: `${share * 100}%`, background: COLORS[tokenClass] }}
                title={words[tokenClass]}
              />
            ))}
          </div>
          <ul className={classes.tokenLegend}>
            {shares.map(({ tokenClass, tokens }) => (
              <li key={tokenClass}>
                <span className={classes.swatch} style={{ background: COLORS[tokenClass] }} aria-hidden />
                {words[tokenClass]} <b>{formatCount(tokens, language)}</b>
              </li>
            ))}
          </ul>
        </>
      )}
      <CostLines span={span} state={state} />
    </Section>
  );
}
