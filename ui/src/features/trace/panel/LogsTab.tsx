import { useMemo, useState } from "react";
import type { SpanWithLogs, Trace } from "../../../api/types";
import { parseNanoTime } from "../../../base/time";
import { TRACE_LOG_COLUMNS } from "../../../widgets/logs/columns";
import { LogDetail } from "../../../widgets/logs/LogDetail";
import { LogRow } from "../../../widgets/logs/LogRow";
import { useLogWords } from "../../../widgets/logs/strings";
import { useTraceStrings } from "../strings";
import { useLogFilter } from "../useLogFilter";
import classes from "./panel.module.css";

const COLUMNS = TRACE_LOG_COLUMNS.filter((column) => ["after", "severity", "message"].includes(column.id));
const GRID = { gridTemplateColumns: "72px 62px minmax(0, 1fr)" };

/** The records that were written in the span, in the order of time. */
export function LogsTab(props: { span: SpanWithLogs; trace: Trace }) {
  const t = useTraceStrings();
  const words = useLogWords();
  const { span } = props;
  const [openId, setOpenId] = useState<string | null>(null);
  const onFilter = useLogFilter(props.trace);
  const context = useMemo(
    () => ({ t: words, now: Date.now(), marks: [], start: parseNanoTime(span.start_time) }),
    [words, span.start_time],
  );
  if (span.logs.length === 0) return <p className={classes.nothing}>{t("noSpanLogs")}</p>;
  return (
    <div role="table" aria-label={t("logs")} className={classes.logs}>
      {span.logs.map((log, index) => (
        <div key={log.log_id} role="rowgroup">
          <LogRow
            log={log}
            index={index}
            columns={COLUMNS}
            context={context}
            isCurrent={false}
            isOpen={log.log_id === openId}
            isWrapped
            isNarrow={false}
            style={GRID}
            onToggle={() => setOpenId(log.log_id === openId ? null : log.log_id)}
          />
          {log.log_id === openId && <LogDetail log={log} marks={[]} onFilter={onFilter} traceLink={false} />}
        </div>
      ))}
    </div>
  );
}
