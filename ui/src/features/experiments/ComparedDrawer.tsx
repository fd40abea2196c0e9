import { Drawer } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ComparedItem, Comparison } from "../../api/experiments";
import { formatCost, formatDuration } from "../../base/format";
import type { Json } from "../../model/schemaForm";
import cards from "../../widgets/cards/cards.module.css";
import classes from "../datasets/DatasetFrame.module.css";
import { Difference } from "./Difference";
import { formatItemScore } from "./numbers";
import { useExperimentStrings } from "./strings";

/** An item with everything that each experiment made of it. */
export function ComparedDrawer(props: { comparison: Comparison; item: ComparedItem; onClose: () => void }) {
  const t = useExperimentStrings();
  const { comparison, item } = props;
  return (
    <Drawer
      opened
      position="right"
      size="min(760px, 100%)"
      onClose={props.onClose}
      title={t("item", { id: item.item_id })}
    >
      <div className={classes.fields}>
        <Value label={t("input")} value={item.input} />
        <Value label={t("expected")} value={item.expected_output} />
        <Value label={t("metadata")} value={item.metadata} />
        {comparison.experiments.map((one) => {
          const result = item.results[one.id] ?? null;
          return (
            <article key={one.id} className={cards.card}>
              <header className={cards.head}>
                <h2 className={cards.name}>{one.name}</h2>
                {one.id === comparison.baseline && comparison.experiments.length > 1 && (
                  <span className={cards.badge}>{t("isBaseline")}</span>
                )}
                <span className={cards.gap} />
                {result?.is_stored && (
                  <Link
                    to="/traces/$traceId"
                    params={{ traceId: result.trace_id }}
                    search={result.span_id === null ? {} : { span: result.span_id }}
                  >
                    {t("trace")}
                  </Link>
                )}
              </header>
              {result === null && <p className="muted">{t("noResult")}</p>}
              {result !== null && !result.is_stored && <p className="muted">{t("notStored")}</p>}
              {result?.is_error && (
                <p className={classes.worse}>
                  {t("failed")}: {result.error_message}
                </p>
              )}
              {result?.is_stored && (
                <>
                  <Value label={t("output")} value={result.output} />
                  <p className={cards.facts}>
                    <span>{formatDuration(result.latency_ms)}</span>
                    <span>{formatCost(result.cost_usd)}</span>
                  </p>
                  {Object.entries(result.scores).map(([name, score]) => (
                    <p key={name} className={cards.text}>
                      {name} <b>{formatItemScore(score)}</b>{" "}
                      {name === comparison.score && <Difference value={result.difference} />}
                      {score.comment && <span className="muted"> {score.comment}</span>}
                    </p>
                  ))}
                </>
              )}
            </article>
          );
        })}
      </div>
    </Drawer>
  );
}

function Value(props: { label: string; value: Json }) {
  const { value } = props;
  if (value === null || value === undefined) return null;
  return (
    <div>
      <div className="muted">{props.label}</div>
      <pre className={classes.block}>
        {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
      </pre>
    </div>
  );
}
