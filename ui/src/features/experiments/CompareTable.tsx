import { Link } from "@tanstack/react-router";
import { SquareArrowOutUpRight } from "lucide-react";
import type { ComparedItem, Comparison, Result } from "../../api/experiments";
import { formatCost, formatDuration } from "../../base/format";
import classes from "../datasets/DatasetFrame.module.css";
import { toLine } from "../datasets/text";
import { Difference } from "./Difference";
import { formatItemScore } from "./numbers";
import { useExperimentStrings } from "./strings";

/** A row an item, a column an experiment. */
export function CompareTable(props: { comparison: Comparison; onOpen: (item: ComparedItem) => void }) {
  const t = useExperimentStrings();
  const { comparison } = props;
  if (comparison.items.length === 0) return <p className="muted">{t("nothingFound")}</p>;
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th>{t("input")}</th>
            <th>{t("expected")}</th>
            {comparison.experiments.map((one) => (
              <th key={one.id}>{one.name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {comparison.items.map((item) => (
            <tr key={item.item_id}>
              <td>
                <button
                  type="button"
                  className={classes.plain}
                  title={t("open")}
                  onClick={() => props.onOpen(item)}
                >
                  <span className={classes.text}>{toLine(item.input) || item.item_id}</span>
                </button>
              </td>
              <td>
                <span className={classes.text}>{toLine(item.expected_output) || "–"}</span>
              </td>
              {comparison.experiments.map((one) => (
                <td key={one.id}>
                  <ResultCell result={item.results[one.id] ?? null} score={comparison.score} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ResultCell(props: { result: Result | null; score: string | null }) {
  const t = useExperimentStrings();
  const { result, score } = props;
  if (result === null) return <span className="muted">{t("noResult")}</span>;
  if (!result.is_stored) return <span className="muted">{t("notStored")}</span>;
  return (
    <>
      <span className={classes.text}>
        {result.is_error ? (
          <span className={classes.worse}>
            {t("failed")}: {result.error_message}
          </span>
        ) : (
          toLine(result.output) || "–"
        )}
      </span>
      <div className="muted" style={{ display: "flex", flexWrap: "wrap", gap: "2px 10px", fontSize: 11.5 }}>
        {Object.entries(result.scores).map(([name, one]) => (
          <span key={name} title={one.comment}>
            {name} <b>{formatItemScore(one)}</b> {name === score && <Difference value={result.difference} />}
          </span>
        ))}
        <span>{formatDuration(result.latency_ms)}</span>
        {result.cost_usd !== null && <span>{formatCost(result.cost_usd)}</span>}
        <Link
          to="/traces/$traceId"
          params={{ traceId: result.trace_id }}
          search={result.span_id === null ? {} : { span: result.span_id }}
          aria-label={t("trace")}
          title={t("trace")}
        >
          <SquareArrowOutUpRight size={12} aria-hidden />
        </Link>
      </div>
    </>
  );
}
