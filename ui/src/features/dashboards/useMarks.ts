import { useQuery } from "@tanstack/react-query";
import { aggregateQuery } from "../../api/aggregate";
import { rangeQuery } from "../../api/prometheus";
import type { ProjectName } from "../../api/queries";
import { toRfc3339 } from "../../base/time";
import type { Mark } from "../../charts/marks";
import type { Annotation } from "../../model/dashboards/document";
import { aggregateSeries } from "../../model/dashboards/frames";
import { fillPromql, type Values } from "../../model/dashboards/interpolate";
import { variableOf } from "../../model/dashboards/units";
import { stepOf } from "../../model/promql";
import { useDashboardStrings } from "./strings";

const POINTS = 200;
/** More would hide what they mark. */
const MARKS_MAX = 60;

type Resolved = { from: number; to: number };

/** What is marked on every chart over time. What cannot be read is left out: it explains, it is not the data. */
export function useMarks(
  project: ProjectName,
  annotations: readonly Annotation[],
  range: Resolved,
  values: Values,
): Mark[] {
  const t = useDashboardStrings();
  const step = stepOf(range.to - range.from, POINTS);
  const window = { from: Math.floor(range.from / step) * step, to: Math.ceil(range.to / step) * step, step };
  const shown = annotations.filter((one) => one.is_shown);
  const find = (kind: Annotation["kind"]) => shown.find((one) => one.kind === kind);
  const releases = useQuery({
    ...aggregateQuery(
      { project, from: toRfc3339(window.from), to: toRfc3339(window.to), filter: "has:release" },
      { target: "traces", measures: ["count()"], groupBy: ["release"], intervalMs: step, limit: 20 },
    ),
    enabled: find("releases") !== undefined,
  });
  const alerts = useQuery({
    ...rangeQuery(project, 'ALERTS{alertstate="firing"}', window),
    enabled: find("alerts") !== undefined,
  });
  const own = shown.find((one) => one.kind === "promql" && one.expr.trim() !== "");
  const expression = own === undefined ? "" : filled(own.expr, values, window);
  const asked = useQuery({ ...rangeQuery(project, expression, window), enabled: expression !== "" });
  const marks: Mark[] = [];
  const color = (annotation: Annotation | undefined) => variableOf(annotation?.color ?? "neutral");
  for (const series of releases.data === undefined ? [] : aggregateSeries(releases.data, "", 0)) {
    const first = series.times[0];
    // One that was there when the range began did not begin in it.
    if (first !== undefined && first > window.from + step)
      marks.push({
        timeMs: first,
        label: t("release", { release: series.name }),
        color: color(find("releases")),
      });
  }
  for (const row of alerts.data?.rows ?? []) {
    const label = t("alert", { name: row.labels.alertname ?? "" });
    for (const timeMs of beginnings(row.times, step))
      marks.push({ timeMs, label, color: color(find("alerts")), href: "/alerts" });
  }
  for (const row of asked.data?.rows ?? []) {
    const label = own?.name || own?.expr || "";
    for (const timeMs of beginnings(row.times, step)) marks.push({ timeMs, label, color: color(own) });
  }
  for (const annotation of shown)
    for (const mark of annotation.kind === "own" ? annotation.marks : []) {
      const timeMs = Date.parse(mark.time);
      if (Number.isFinite(timeMs)) marks.push({ timeMs, label: mark.label, color: color(annotation) });
    }
  return marks.slice(0, MARKS_MAX);
}

function filled(expression: string, values: Values, window: Resolved & { step: number }): string {
  try {
    return fillPromql(expression, values, window);
  } catch {
    return "";
  }
}

/** Times after a gap, the first one included. */
function beginnings(times: readonly number[], step: number): number[] {
  return times.filter((time, at) => at === 0 || time - (times[at - 1] as number) > step * 1.5);
}
