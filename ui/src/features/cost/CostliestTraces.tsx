import { Button, Skeleton } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { getJson } from "../../api/client";
import type { Selection } from "../../api/queries";
import type { Page, Trace } from "../../api/types";
import { formatCompact } from "../../base/format";
import { formatTime } from "../../base/time";
import { Cost } from "../../widgets/Cost";
import classes from "./cost.module.css";
import { saveCsv } from "./csv";
import { useCostStrings } from "./strings";

const costliestTracesQuery = (selection: Selection) =>
  queryOptions({
    queryKey: ["cost", "traces", selection],
    queryFn: ({ signal }) =>
      getJson<Page<Trace>>("/traces", { ...selection, order: "-cost", limit: 8 }, signal),
    staleTime: 15_000,
  });

/** The requests that cost most. */
export function CostliestTraces(props: { selection: Selection }) {
  const t = useCostStrings();
  const { selection } = props;
  const answer = useQuery(costliestTracesQuery(selection));
  const traces = (answer.data?.items ?? []).filter((trace) => trace.cost_usd !== null);
  const { from, to, filter } = selection;
  const save = () =>
    saveCsv(
      "costliest-traces",
      ["trace_id", "name", "start_time", "cost_usd", "unpriced_calls", "total_tokens"],
      traces.map((trace) => [
        trace.trace_id,
        trace.name,
        trace.start_time,
        trace.cost_usd,
        trace.unpriced_count,
        trace.total_tokens,
      ]),
    );
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h2>
          <Link to="/traces" search={{ from, to, filter, order: "-cost" }}>
            {t("costliestTraces")}
          </Link>
        </h2>
        <span className={classes.end}>
          <Button size="compact-xs" leftSection={<Download size={13} />} onClick={save}>
            {t("csv")}
          </Button>
        </span>
      </div>
      {answer.isPending && <Skeleton height={90} />}
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t("by_trace_name")}</th>
            <th scope="col">{t("cost")}</th>
            <th scope="col">{t("tokens")}</th>
          </tr>
        </thead>
        <tbody>
          {traces.map((trace) => (
            <tr key={trace.trace_id}>
              <td title={trace.name}>
                <Link to="/traces/$traceId" params={{ traceId: trace.trace_id }}>
                  {trace.name}
                </Link>{" "}
                <span className={classes.small}>{formatTime(trace.start_time, Date.now())}</span>
              </td>
              <td>
                <Cost usd={trace.cost_usd} unpricedCount={trace.unpriced_count} />
              </td>
              <td>{formatCompact(trace.total_tokens)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
