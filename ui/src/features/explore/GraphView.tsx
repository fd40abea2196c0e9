import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { rangeQuery } from "../../api/prometheus";
import type { ProjectName } from "../../api/queries";
import { formatSpan } from "../../base/format";
import { formatDateTime, toRfc3339 } from "../../base/time";
import { lineColor } from "../../charts/colors";
import { SeriesChart } from "../../charts/SeriesChart";
import { seriesName, unitOf } from "../../model/promql";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { useReleases } from "../../widgets/releases/useReleases";
import { formatValue } from "../../widgets/values";
import classes from "./GraphView.module.css";
import { Legend } from "./Legend";
import { Notes } from "./Notes";
import { useExploreStrings } from "./strings";

/** More would be a carpet, and slow. */
const LINES_MAX = 100;
const HEIGHT = 340;

type GraphProps = {
  project: ProjectName;
  expression: string;
  window: { from: number; to: number; step: number };
  onRange: (from: string, to: string) => void;
};

export function GraphView(props: GraphProps) {
  const t = useExploreStrings();
  const { window } = props;
  const answer = useQuery(rangeQuery(props.project, props.expression, window));
  const { marks } = useReleases({
    project: props.project,
    from: toRfc3339(window.from),
    to: toRfc3339(window.to),
    filter: "",
  });
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [hovered, setHovered] = useState<number | null>(null);
  const rows = answer.data?.rows;
  const lines = useMemo(
    () =>
      (rows ?? []).slice(0, LINES_MAX).map((row, position) => {
        const id = seriesName(row.labels);
        return { ...row, id, color: lineColor(position), isShown: !hidden.has(id) };
      }),
    [rows, hidden],
  );
  const unit = unitOf(props.expression);
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined || rows === undefined) return <Skeleton height={HEIGHT} m={12} radius="sm" />;
  const lookLonger = () => props.onRange("now-7d", "now");
  return (
    <section aria-busy={answer.isFetching}>
      <Notes warnings={answer.data.warnings} infos={answer.data.infos} />
      {rows.length === 0 ? (
        <EmptyState title={t("empty")} actions={<Button onClick={lookLonger}>{t("look7d")}</Button>}>
          {t("emptyHint")}
        </EmptyState>
      ) : (
        <>
          <p className={classes.facts}>
            <span>{t("series", { count: rows.length })}</span>
            <span className="muted">{t("every", { step: formatSpan(window.step) })}</span>
            {rows.length > LINES_MAX && (
              <span className={classes.cut}>{t("drawn", { drawn: LINES_MAX, count: rows.length })}</span>
            )}
            <span className={classes.when}>
              {hovered === null ? "" : formatDateTime(hovered).slice(0, 19)}
            </span>
          </p>
          <SeriesChart
            lines={lines}
            range={window}
            step={window.step}
            format={(value) => formatValue(value, unit)}
            height={HEIGHT}
            label={t("chart")}
            marks={marks}
            onBrush={(from, to) => props.onRange(toRfc3339(from), toRfc3339(Math.max(to, from + 60_000)))}
            onHover={setHovered}
          />
          <Legend
            lines={lines}
            unit={unit}
            hidden={hidden}
            onHidden={setHidden}
            at={hovered}
            step={window.step}
          />
        </>
      )}
    </section>
  );
}
