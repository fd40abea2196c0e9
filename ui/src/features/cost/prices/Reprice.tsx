import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type RepriceSummary, reprice } from "../../../api/prices";
import { useProject } from "../../../api/useProject";
import { formatCost, formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import type { TimeRange } from "../../../base/time";
import { Problem } from "../../../widgets/cards/Problem";
import { NeedsRole } from "../../../widgets/NeedsRole";
import classes from "../cost.module.css";
import { usePriceStrings } from "./strings";

/** History's cost anew: first what would change, then the change. */
export function Reprice(props: { range: TimeRange }) {
  const t = usePriceStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [progress, setProgress] = useState<RepriceSummary | null>(null);
  const stopper = useRef<AbortController | null>(null);
  useEffect(() => () => stopper.current?.abort(), []);
  const run = useMutation({
    mutationFn: (isDryRun: boolean) => {
      stopper.current = new AbortController();
      setProgress(null);
      return reprice(project, props.range, isDryRun, setProgress, stopper.current.signal);
    },
    onSuccess: (_summary, isDryRun) =>
      isDryRun ? undefined : queryClient.invalidateQueries({ refetchType: "active" }),
  });
  const isLooked = run.isSuccess && run.variables && run.data.changed_span_count > 0;
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>{t("reprice")}</h2>
        <span className={classes.small}>{t("repriceHelp")}</span>
        <Group gap="xs" className={classes.end}>
          {run.isPending && (
            <Button size="compact-xs" onClick={() => stopper.current?.abort()}>
              {t("stop")}
            </Button>
          )}
          <NeedsRole permission="edit">
            <Button
              size="compact-xs"
              loading={run.isPending && run.variables}
              onClick={() => run.mutate(true)}
            >
              {t("look")}
            </Button>
          </NeedsRole>
          {isLooked && (
            <Button size="compact-xs" variant="filled" onClick={() => run.mutate(false)}>
              {t("apply")}
            </Button>
          )}
        </Group>
      </div>
      {progress && <Changes summary={progress} />}
      {run.isSuccess && !run.variables && <p role="status">{t("done")}</p>}
      <Problem error={stopper.current?.signal.aborted ? null : run.error} />
    </section>
  );
}

function Changes(props: { summary: RepriceSummary }) {
  const t = usePriceStrings();
  const language = useLanguage();
  const { summary } = props;
  const count = (value: number) => formatCount(value, language);
  const models = Object.entries(summary.by_model);
  return (
    <div role="status">
      <p>
        {t("looked", { spans: count(summary.span_count) })} ·{" "}
        {summary.changed_span_count === 0 && summary.is_done
          ? t("nothingChanges")
          : t("changed", {
              changed: count(summary.changed_span_count),
              newly: count(summary.newly_priced_count),
            })}
        {summary.no_longer_priced_count > 0 &&
          ` · ${t("lost", { count: count(summary.no_longer_priced_count) })}`}
      </p>
      {models.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("model")}</th>
              <th scope="col">{t("calls")}</th>
              <th scope="col">{t("before")}</th>
              <th scope="col">{t("after")}</th>
            </tr>
          </thead>
          <tbody>
            {models.map(([model, change]) => (
              <tr key={model}>
                <td>{model}</td>
                <td>{count(change.count)}</td>
                <td>{formatCost(change.before_usd)}</td>
                <td>{formatCost(change.after_usd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
