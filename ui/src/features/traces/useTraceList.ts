import { type InfiniteData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { getJson } from "../../api/client";
import { PAGE_SIZE, type Selection, tracesQuery } from "../../api/queries";
import type { Page, Trace } from "../../api/types";
import { countFresh, mergeNewest, renewKnown } from "../../model/liveList";

const POLL_MS = 2_000;
/** Beyond this a followed list starts again at the top, or a tail left open overnight would fill the memory. */
const LIVE_TRACES_MAX = 5_000;

type Pages = InfiniteData<Page<Trace>, string | null>;

/** The list's pages, and with `isLive` what arrives on top of them while `isAtTop`; else it waits to be shown. */
export function useTraceList(selection: Selection, order: string, isLive: boolean, isAtTop: boolean) {
  const queryClient = useQueryClient();
  const options = tracesQuery(selection, order);
  const list = useInfiniteQuery(options);
  const traces = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const [waiting, setWaiting] = useState<Page<Trace> | null>(null);

  const update = useCallback(
    (change: (pages: Page<Trace>[]) => Page<Trace>[]) => {
      queryClient.setQueryData<Pages>(options.queryKey, (before) => {
        const pages = change(before?.pages ?? []);
        const kept = before?.pageParams ?? [null];
        return { pages, pageParams: pages.length === kept.length ? kept : [null] };
      });
    },
    [queryClient, options.queryKey],
  );

  const newest = useQuery({
    queryKey: ["live", selection, order],
    queryFn: ({ signal }) =>
      getJson<Page<Trace>>("/traces", { ...selection, order, limit: PAGE_SIZE }, signal),
    enabled: isLive && list.isSuccess,
    refetchInterval: POLL_MS,
    gcTime: 0,
  });
  const incoming = isLive ? newest.data : undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once for every poll, not for what it changes
  useEffect(() => {
    if (incoming === undefined) return;
    if (isAtTop) {
      update((pages) => limitLength(mergeNewest(pages, incoming).pages, incoming));
      setWaiting(null);
    } else {
      update((pages) => renewKnown(pages, incoming));
      setWaiting(incoming);
    }
  }, [incoming, isAtTop]);

  const freshCount = waiting && list.data ? countFresh(list.data.pages, waiting) : 0;
  const showFresh = () => {
    if (waiting) update((pages) => mergeNewest(pages, waiting).pages);
    setWaiting(null);
  };
  /** Only the first page is asked again: the pages below would not be where they were. */
  const refresh = () => {
    queryClient.setQueryData<Pages>(options.queryKey, (before) =>
      before ? { pages: before.pages.slice(0, 1), pageParams: [null] } : before,
    );
    void queryClient.invalidateQueries({ queryKey: ["histogram"] });
    void queryClient.invalidateQueries({ queryKey: ["facet"] });
    return list.refetch();
  };
  return { list, traces, freshCount, showFresh, refresh, liveError: isLive ? newest.error : null };
}

function limitLength(pages: Page<Trace>[], newest: Page<Trace>): Page<Trace>[] {
  return (pages[0]?.items.length ?? 0) > LIVE_TRACES_MAX ? [newest] : pages;
}
