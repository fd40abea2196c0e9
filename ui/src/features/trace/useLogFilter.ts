import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import type { Trace } from "../../api/types";
import { toRfc3339 } from "../../base/time";
import { withValue } from "../../model/logFields";
import type { OnFilter } from "../../widgets/logs/LogFieldRow";

const AROUND_MS = 30 * 60_000;

/** From a record of a trace to all logs with (or without) one of its values, around the trace's time. */
export function useLogFilter(trace: Trace): OnFilter {
  const navigate = useNavigate();
  const { start_time: start, end_time: end } = trace;
  return useCallback(
    (field, value, choice) =>
      void navigate({
        to: "/logs",
        search: {
          filter: withValue("", field, value, choice),
          from: toRfc3339(Date.parse(start) - AROUND_MS),
          to: toRfc3339(Date.parse(end) + AROUND_MS),
        },
      }),
    [navigate, start, end],
  );
}
