import { Button, Checkbox, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import {
  COMPARED_MAX,
  EXPERIMENTS_PAGE,
  type Experiment,
  experimentsQuery,
  type ScoreSummary,
} from "../../api/experiments";
import { useProject } from "../../api/useProject";
import { formatCompact, formatCost, formatDuration } from "../../base/format";
import { formatDateTime } from "../../base/time";
import { CodeBlock } from "../../widgets/CodeBlock";
import { Stale } from "../../widgets/cards/Stale";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import classes from "../datasets/DatasetFrame.module.css";
import { Pages } from "../datasets/Pages";
import { formatScore } from "./numbers";
import { useExperimentStrings } from "./strings";

const EXAMPLE = (dataset: string) => `import spanglass

spanglass.init(service="lab")

def exact(output, expected_output):
    return output == expected_output

spanglass.run_experiment(
    "new prompt", dataset=${JSON.stringify(dataset)}, task=answer, evaluators=[exact]
)`;

/** Experiments with what they came to; some of them can be chosen and compared. */
export function ExperimentList(props: {
  dataset?: string;
  text?: string;
  page: number;
  onPage: (page: number) => void;
}) {
  const t = useExperimentStrings();
  const project = useProject();
  const { dataset, text, page } = props;
  const list = useQuery(experimentsQuery(project, { dataset, text, offset: (page - 1) * EXPERIMENTS_PAGE }));
  const [chosen, setChosen] = useState<readonly string[]>([]);
  if (list.data === undefined) {
    if (list.error) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
    return <Skeleton height={120} radius="sm" />;
  }
  const { items, total } = list.data;
  if (total === 0 && !text)
    return (
      <EmptyState icon={<FlaskConical size={28} />} title={t("none")}>
        <p className={classes.hint}>{t("noneHint")}</p>
        <div className={classes.example}>
          <CodeBlock code={EXAMPLE(dataset ?? "my dataset")} />
        </div>
      </EmptyState>
    );
  const toggle = (id: string) =>
    setChosen((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id]));
  return (
    <div className={classes.fields}>
      <Stale error={list.error} />
      <div className={classes.bar}>
        <span className="muted">{t("compareHint")}</span>
        <span className={classes.gap} />
        <Button
          variant="filled"
          disabled={chosen.length === 0}
          renderRoot={(root) =>
            chosen.length === 0 ? (
              <button type="button" {...root} />
            ) : (
              <Link {...root} to="/experiments/compare" search={{ ids: chosen.join(",") }} />
            )
          }
        >
          {t("compare", { count: String(chosen.length) })}
        </Button>
      </div>
      {items.length === 0 && <p className="muted">{t("nothingFound")}</p>}
      {items.length > 0 && (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th />
                <th>{t("name")}</th>
                {dataset === undefined && <th>{t("dataset")}</th>}
                <th>{t("scores")}</th>
                <th data-number>{t("items")}</th>
                <th data-number>{t("errors")}</th>
                <th data-number>{t("latency")}</th>
                <th data-number>{t("cost")}</th>
                <th data-number>{t("tokens")}</th>
                <th>{t("started")}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <Row
                  key={one.id}
                  experiment={one}
                  hasDataset={dataset === undefined}
                  isChosen={chosen.includes(one.id)}
                  isFull={chosen.length >= COMPARED_MAX}
                  onToggle={() => toggle(one.id)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pages page={page} size={EXPERIMENTS_PAGE} total={total} onPage={props.onPage} />
    </div>
  );
}

function Row(props: {
  experiment: Experiment;
  hasDataset: boolean;
  isChosen: boolean;
  isFull: boolean;
  onToggle: () => void;
}) {
  const t = useExperimentStrings();
  const { experiment } = props;
  const tokens = (experiment.input_tokens ?? 0) + (experiment.output_tokens ?? 0);
  return (
    <tr>
      <td>
        <Checkbox
          size="xs"
          aria-label={t("choose", { name: experiment.name })}
          checked={props.isChosen}
          disabled={!props.isChosen && props.isFull}
          onChange={props.onToggle}
        />
      </td>
      <td style={{ minWidth: 140, overflowWrap: "anywhere" }}>
        <Link to="/experiments/compare" search={{ ids: experiment.id }}>
          {experiment.name}
        </Link>
        {experiment.description && <div className="muted">{experiment.description}</div>}
      </td>
      {props.hasDataset && (
        <td style={{ minWidth: 100, overflowWrap: "anywhere" }}>
          {experiment.dataset_name && (
            <Link to="/datasets/$name" params={{ name: experiment.dataset_name }}>
              {experiment.dataset_name}
            </Link>
          )}
        </td>
      )}
      <td>
        {experiment.scores.map((score) => (
          <ScoreMean key={score.name} score={score} />
        ))}
      </td>
      <td data-number>
        {experiment.item_count}
        {experiment.missing_count > 0 && (
          <div className="muted">{t("missing", { count: String(experiment.missing_count) })}</div>
        )}
      </td>
      <td data-number className={experiment.error_count > 0 ? classes.worse : undefined}>
        {experiment.error_count}
      </td>
      <td data-number>{formatDuration(experiment.latency_p50_ms)}</td>
      <td data-number>
        {formatCost(experiment.cost_usd) ?? "–"}
        {experiment.unpriced_count > 0 && (
          <div className="muted">{t("unpriced", { count: String(experiment.unpriced_count) })}</div>
        )}
      </td>
      <td data-number>{tokens > 0 ? formatCompact(tokens) : "–"}</td>
      <td style={{ whiteSpace: "nowrap" }}>{formatDateTime(experiment.start_time).slice(0, 16)}</td>
    </tr>
  );
}

/** `correct 0.83 ± 0.05`, or how often each label was given. */
export function ScoreMean(props: { score: ScoreSummary }) {
  const t = useExperimentStrings();
  const { score } = props;
  const about = t("scored", { count: String(score.scored) });
  const { low, high } = score;
  const reach = low === null || high === null ? null : (high - low) / 2;
  const title =
    low === null || high === null
      ? about
      : `${about}. ${t("interval", { low: formatScore(low), high: formatScore(high) })}`;
  const labels = Object.entries(score.labels).map(([label, count]) => `${label} ${count}`);
  return (
    <div title={title} style={{ whiteSpace: "nowrap" }}>
      {score.name}{" "}
      <b>
        {score.mean === null ? labels.join(" · ") : formatScore(score.mean)}
        {score.mean !== null && reach !== null && reach > 0 && (
          <span className="muted"> ± {formatScore(reach)}</span>
        )}
      </b>
    </div>
  );
}
