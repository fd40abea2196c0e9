import { formatDuration, formatPercent } from "../../../base/format";
import { formatTime } from "../../../base/time";
import { useTraceStrings } from "../strings";
import type { Node } from "../types";
import classes from "./panel.module.css";

/** What is known of a span besides its payload; what is not known is not listed. */
export function SpanFacts(props: { node: Node; totalMs: number }) {
  const t = useTraceStrings();
  const { span, startMs } = props.node;
  const critical = span.critical_path_ms ?? 0;
  const model =
    span.response_model && span.request_model && span.response_model !== span.request_model
      ? `${span.response_model} (${t("requested", { model: span.request_model })})`
      : (span.response_model ?? span.request_model);
  const facts: readonly (readonly [string, string | null])[] = [
    [t("model"), model],
    [t("provider"), span.provider],
    [t("operation"), span.operation],
    [t("tool"), span.tool_name],
    [t("offset"), `+${formatDuration(startMs)} · ${formatTime(span.start_time, Date.now())}`],
    [t("selfTime"), span.self_time_ms === null ? null : formatDuration(span.self_time_ms)],
    [
      t("critical"),
      critical > 0
        ? `${formatDuration(critical)} (${formatPercent(props.totalMs > 0 ? critical / props.totalMs : 1)})`
        : null,
    ],
    [t("ttft"), span.ttft_ms === null ? null : formatDuration(span.ttft_ms)],
    [t("finishReason"), span.finish_reasons.length > 0 ? span.finish_reasons.join(", ") : null],
    [t("cache"), span.cache_hit === null ? null : span.cache_hit ? t("cacheHit") : t("cacheMiss")],
    [t("service"), span.service],
    [
      t("prompt"),
      span.prompt_name &&
        (span.prompt_version ? `${span.prompt_name} @ ${span.prompt_version}` : span.prompt_name),
    ],
    [t("responseId"), span.response_id],
  ];
  return (
    <dl className={classes.facts}>
      {facts.map(([label, value]) =>
        value ? (
          <div key={label}>
            <dt>{label}</dt>
            <dd title={value}>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
