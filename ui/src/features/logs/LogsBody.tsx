import type { ReactNode } from "react";
import { newestLogQuery } from "../../api/queries";
import type { Problem } from "../../api/types";
import { ListBody } from "../../widgets/list/ListBody";
import type { LogColumn } from "../../widgets/logs/columns";
import { LogOnboarding } from "./LogOnboarding";
import { useLogsStrings } from "./strings";
import type { LogList } from "./useLogList";
import type { LogsState } from "./useLogsState";

/** Half of the range that is shown around a single record. */
const AROUND_MS = 15 * 60_000;

/** The list of records, or what stands in its place. */
export function LogsBody(props: {
  state: LogsState;
  source: LogList;
  columns: readonly LogColumn[];
  problem: Problem | null;
  onRetry: () => void;
  children: ReactNode;
}) {
  const t = useLogsStrings();
  const { source, ...shared } = props;
  const { project } = props.state.selection;
  const words = {
    loading: t("loading"),
    nothing: t("nothing"),
    quiet: t("quiet"),
    quietHint: (time: string) => t("quietHint", { time }),
  };
  return (
    <ListBody
      {...shared}
      list={source.list}
      count={source.logs.length}
      newest={newestLogQuery(project)}
      aroundMs={AROUND_MS}
      words={words}
      onboarding={<LogOnboarding project={project} onRetry={props.onRetry} />}
    />
  );
}
