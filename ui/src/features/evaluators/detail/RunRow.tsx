import { Progress } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { cancelRun, type Run } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { formatCost, formatCount, formatPercent } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatDateTime } from "../../../base/time";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import classes from "../../../widgets/cards/cards.module.css";
import { useListStrings } from "../list/strings";
import { StatusBadge } from "../StatusBadge";
import { useDetailStrings } from "./strings";

const OVER = new Set(["done", "cancelled"]);

export function RunRow(props: { run: Run }) {
  const t = useDetailStrings();
  const words = useListStrings();
  const language = useLanguage();
  const project = useProject();
  const queryClient = useQueryClient();
  const { run } = props;
  const count = (number: number) => formatCount(number, language);
  const cancelling = useMutation({
    mutationFn: () => cancelRun(project, run.evaluator_id, run.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["evaluators"] }),
  });
  const isOver = OVER.has(run.status);
  const progress = t("progress", { done: count(run.done_count), all: count(run.target_count) });
  return (
    <article>
      <p className={classes.facts}>
        <StatusBadge status={run.status} reason={run.reason} />
        <span>
          {formatDateTime(run.from).slice(0, 16)} – {formatDateTime(run.to).slice(0, 16)}
        </span>
        <span className="muted">
          {formatPercent(run.sampling_rate)} {run.filter}
        </span>
        <span className={classes.badge}>{t("version", { version: run.evaluator_version })}</span>
        <span className={classes.gap} />
        <span>{formatCost(run.cost_usd)}</span>
        {!isOver && (
          <ConfirmButton
            label={t("cancelRun")}
            question={t("cancelQuestion")}
            explained={t("cancelExplained")}
            icon={<Square size={13} />}
            isPending={cancelling.isPending}
            error={cancelling.error}
            onConfirm={(close) => cancelling.mutate(undefined, { onSuccess: close })}
          />
        )}
      </p>
      {!isOver && (
        <Progress
          mt={6}
          size="sm"
          value={run.target_count === 0 ? 0 : Math.min(100, (run.done_count / run.target_count) * 100)}
          aria-label={progress}
        />
      )}
      <p className={classes.facts}>
        <b>{progress}</b>
        <span>{words("scored", { count: count(run.scored_count) })}</span>
        {run.failed_count > 0 && <span>{words("failed", { count: count(run.failed_count) })}</span>}
        {run.skipped_count > 0 && <span>{t("skipped", { count: count(run.skipped_count) })}</span>}
        {run.reason && <span className="muted">{run.reason}</span>}
      </p>
    </article>
  );
}
