import { CircleAlert } from "lucide-react";
import { memo } from "react";
import { formatCompact, formatDuration } from "../../base/format";
import { KindIcon } from "./KindIcon";
import { Marked } from "./Marked";
import { SpanCost } from "./SpanCost";
import classes from "./SpanTable.module.css";
import { useTraceStrings } from "./strings";
import type { Node } from "./types";

export const SpanTableRow = memo(function SpanTableRow(props: {
  node: Node;
  isSelected: boolean;
  isMatch: boolean;
  query: string;
  onSelect: (node: Node) => void;
}) {
  const t = useTraceStrings();
  const { node } = props;
  const { span } = node;
  const critical = span.critical_path_ms ?? 0;
  return (
    <tr
      data-span={span.span_id}
      data-selected={props.isSelected || undefined}
      data-match={props.isMatch || undefined}
      aria-selected={props.isSelected}
      onClick={() => props.onSelect(node)}
    >
      <td className={classes.name} title={span.name}>
        <span>
          <KindIcon kind={span.kind} />
          <span className="cut">
            <Marked text={span.name} query={props.query} />
          </span>
          {span.status === "error" && (
            <CircleAlert size={13} className={classes.error} aria-label={t("status_error")} />
          )}
        </span>
      </td>
      <td className="num">+{formatDuration(node.startMs)}</td>
      <td className="num">{formatDuration(span.duration_ms)}</td>
      <td className="num">{span.input_tokens === null ? "" : formatCompact(span.input_tokens)}</td>
      <td className="num">{span.output_tokens === null ? "" : formatCompact(span.output_tokens)}</td>
      <td className="num">
        <SpanCost node={node} isFolded={false} />
      </td>
      <td className="num">{span.ttft_ms === null ? "" : formatDuration(span.ttft_ms)}</td>
      <td className="num">{span.self_time_ms === null ? "" : formatDuration(span.self_time_ms)}</td>
      <td className="num">{critical > 0 ? formatDuration(critical) : ""}</td>
      <td className={classes.text}>{span.response_model ?? span.request_model}</td>
      <td className="muted">{span.kind}</td>
      <td className={classes.text}>{span.service}</td>
    </tr>
  );
});
