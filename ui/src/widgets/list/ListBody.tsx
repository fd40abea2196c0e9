import { Button } from "@mantine/core";
import { type UseQueryOptions, useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "../../api/types";
import { formatDateTime, toRfc3339 } from "../../base/time";
import { EmptyState } from "../EmptyState";
import { ErrorState } from "../ErrorState";
import { ListSkeleton } from "./ListSkeleton";
import type { ListState } from "./listState";
import { useListWords } from "./strings";

/** When the newest item was there, whatever the range: RFC 3339, or null where there is none. */
export type NewestQuery = UseQueryOptions<string | null, Error, string | null, (string | null)[]>;

export type ListBodyProps = {
  state: Pick<ListState, "filter" | "change">;
  list: { isPending: boolean; error: Error | null };
  /** How many items are loaded. */
  count: number;
  columns: readonly { id: string; track: string }[];
  /** What is wrong with the filter. */
  problem: Problem | null;
  newest: NewestQuery;
  /** Half of the range that is shown around the newest item. */
  aroundMs: number;
  words: { loading: string; nothing: string; quiet: string; quietHint: (time: string) => string };
  /** Stands where the project has no item at all. */
  onboarding: ReactNode;
  onRetry: () => void;
  /** The list itself. */
  children: ReactNode;
};

/** The list, or what stands in its place: loading, failed, nothing found, nothing there yet. */
export function ListBody(props: ListBodyProps) {
  const words = useListWords();
  const { list, count } = props;
  if (props.problem !== null) {
    return <EmptyState icon={<SearchX size={28} />} title={words("filterUnreadable")} />;
  }
  if (list.error !== null && count === 0) return <ErrorState error={list.error} onRetry={props.onRetry} />;
  if (list.isPending) return <ListSkeleton columns={props.columns} label={props.words.loading} />;
  if (count > 0) return props.children;
  return props.state.filter === "" ? <Quiet {...props} /> : <Nothing {...props} />;
}

function Nothing(props: ListBodyProps) {
  const words = useListWords();
  const { change } = props.state;
  return (
    <EmptyState
      icon={<SearchX size={28} />}
      title={props.words.nothing}
      actions={
        <>
          <Button onClick={() => change({ filter: null })}>{words("dropFilter")}</Button>
          <Button onClick={() => change({ from: "now-7d", to: "now" })}>{words("look7d")}</Button>
        </>
      }
    >
      {words("nothingHint")}
    </EmptyState>
  );
}

/** No item in the range: either the project has none at all, or they are older or newer. */
function Quiet(props: ListBodyProps) {
  const words = useListWords();
  const newest = useQuery(props.newest);
  if (newest.isPending) return null;
  if (newest.data == null) return props.onboarding;
  const at = Date.parse(newest.data);
  const around = { from: toRfc3339(at - props.aroundMs), to: toRfc3339(at + props.aroundMs), live: null };
  return (
    <EmptyState
      icon={<SearchX size={28} />}
      title={props.words.quiet}
      actions={<Button onClick={() => props.state.change(around)}>{words("showNewest")}</Button>}
    >
      {props.words.quietHint(formatDateTime(newest.data).slice(0, 19))}
    </EmptyState>
  );
}
