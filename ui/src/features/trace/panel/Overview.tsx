import type { SpanWithLogs } from "../../../api/types";
import { hasUsage } from "../../../model/traceUsage";
import type { Node, Tree } from "../types";
import { Documents } from "./Documents";
import { ErrorBox } from "./ErrorBox";
import { Messages } from "./Messages";
import { Parameters } from "./Parameters";
import { SpanFacts } from "./SpanFacts";
import { Usage } from "./Usage";
import { Warnings } from "./Warnings";

/** The span as a reader wants it: what went wrong, what it was, what it cost, what was said. */
export function Overview(props: { node: Node; span: SpanWithLogs | undefined; tree: Tree }) {
  const { node, span } = props;
  const head = node.span;
  return (
    <>
      {head.status === "error" && <ErrorBox head={head} span={span} />}
      {head.warnings.length > 0 && <Warnings words={head.warnings} />}
      <SpanFacts node={node} totalMs={props.tree.durationMs} />
      {(hasUsage(head) || head.is_billable || head.reported_cost_usd !== null) && <Usage span={head} />}
      {span && (
        <>
          <Messages span={span} />
          {span.documents && span.documents.length > 0 && <Documents documents={span.documents} />}
          <Parameters values={span.request_parameters} />
        </>
      )}
    </>
  );
}
