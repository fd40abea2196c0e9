import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { logsQuery, type Selection } from "../../api/queries";
import type { Log, LogPage } from "../../api/types";
import { freshLogs, mergeLogs } from "../../model/logTail";
import { useTail } from "./useTail";

/** Beyond this a followed list starts again at the top, or a tail left open overnight would fill the memory. */
const LIVE_LOGS_MAX = 5_000;

type Pages = InfiniteData<LogPage, string | null>;

/** The list's pages, and with `isLive` what arrives on top of them while `isAtTop`; else it waits to be shown. */
export function useLogList(selection: Selection, order: string, isLive: boolean, isAtTop: boolean) {
  const queryClient = useQueryClient();
  const { queryKey, ...options } = useMemo(() => logsQuery(selection, order), [selection, order]);
  const list = useInfiniteQuery({ queryKey, ...options });
  const pages = list.data?.pages;
  const logs = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const [waiting, setWaiting] = useState<Log[]>([]);

  const show = useCallback(
    (arrived: readonly Log[]) => {
      queryClient.setQueryData<Pages>(queryKey, (before) =>
        before ? { ...before, pages: mergeLogs(before.pages, arrived) } : before,
      );
    },
    [queryClient, queryKey],
  );
  /** Only the first page is asked again: the pages below would not be where they were. */
  const refresh = useCallback(() => {
    setWaiting([]);
    queryClient.setQueryData<Pages>(queryKey, (before) =>
      before ? { pages: before.pages.slice(0, 1), pageParams: [null] } : before,
    );
    void queryClient.invalidateQueries({ queryKey: ["log-histogram"] });
    void queryClient.invalidateQueries({ queryKey: ["facet"] });
    return queryClient.refetchQueries({ queryKey });
  }, [queryClient, queryKey]);

  const liveError = useTail({
    selection,
    isOn: isLive && list.isSuccess,
    start: pages?.[0]?.tail_cursor ?? null,
    onLogs: (arrived) => {
      if (!isAtTop) setWaiting((before) => [...before, ...arrived]);
      else if (logs.length + arrived.length > LIVE_LOGS_MAX) void refresh();
      else show(arrived);
    },
    onBurst: () => void refresh(),
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: what waited was of another list
  useEffect(() => setWaiting([]), [queryKey]);

  const freshCount = useMemo(
    () => (waiting.length > 0 ? freshLogs(pages ?? [], waiting).length : 0),
    [waiting, pages],
  );
  const showFresh = () => {
    show(waiting);
    setWaiting([]);
  };
  return { list, logs, freshCount, showFresh, refresh, liveError };
}

export type LogList = ReturnType<typeof useLogList>;
