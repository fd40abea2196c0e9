import { newestTraceQuery } from "../../api/queries";
import type { Problem } from "../../api/types";
import { ListBody } from "../../widgets/list/ListBody";
import { ListFooter } from "../../widgets/list/ListFooter";
import type { Column } from "./columns";
import { useListStrings } from "./strings";
import { TraceOnboarding } from "./TraceOnboarding";
import { TraceTable } from "./TraceTable";
import { DEFAULT_ORDER, type ListState } from "./useListState";
import type { useTraceList } from "./useTraceList";

/** Half of the range that is shown around a single trace. */
const AROUND_MS = 30 * 60_000;

/** The table of traces, or what stands in its place. */
export function TracesBody(props: {
  state: ListState;
  source: ReturnType<typeof useTraceList>;
  columns: readonly Column[];
  cursor: number;
  topSignal: number;
  problem: Problem | null;
  onOpen: (index: number) => void;
  onNearEnd: () => void;
  onTop: (isAtTop: boolean) => void;
  onRetry: () => void;
}) {
  const t = useListStrings();
  const { state, columns, problem, onRetry } = props;
  const { list, traces } = props.source;
  const { project } = state.selection;
  const words = {
    loading: t("loading"),
    nothing: t("nothing"),
    quiet: t("quiet"),
    quietHint: (time: string) => t("quietHint", { time }),
  };
  return (
    <ListBody
      {...{ state, list, columns, problem, words, onRetry }}
      count={traces.length}
      newest={newestTraceQuery(project)}
      aroundMs={AROUND_MS}
      onboarding={<TraceOnboarding project={project} onRetry={onRetry} />}
    >
      <TraceTable
        traces={traces}
        columns={columns}
        order={state.isLive ? DEFAULT_ORDER : state.order}
        onOrder={(order) => state.change({ order, live: null })}
        cursor={props.cursor}
        topSignal={props.topSignal}
        onOpen={props.onOpen}
        onNearEnd={props.onNearEnd}
        onTop={props.onTop}
        footer={<ListFooter list={list} count={traces.length} />}
      />
    </ListBody>
  );
}
