import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { traceQuery } from "../../../api/queries";
import {
  claimItem,
  type Desk,
  type QueueProgress,
  releaseItem,
  sendReview,
  skipItem,
  takeNext,
  undoLast,
  type Verdict,
  type Work,
  type WorkAnswer,
} from "../../../api/queues";

/** The item that is looked at, and the next one, which is loaded meanwhile. */
const AHEAD = 2;
/** Well before a lease of 15 minutes ends. */
const RENEW_MS = 5 * 60_000;

/** What other pages show of reviews: read anew when they are opened. */
const CHANGED = [["queue"], ["queues"], ["queue-items"], ["queue-agreement"], ["trace"]] as const;

type Hand = {
  /** The first is looked at. */
  works: readonly Work[];
  /** The server had no further one when it was asked last. */
  isExhausted: boolean;
};

export type Outcome = "saved" | "skipped" | "undone" | "nothing";

/** What a reviewer has in hands, and what can be done with it. Rejects nothing: `error` says what failed. */
export function useWork(desk: Desk, firstItem: string | undefined) {
  const { project, queueId, reviewer } = desk;
  const queryClient = useQueryClient();
  const [hand, setHand] = useState<Hand>({ works: [], isExhausted: false });
  const [progress, setProgress] = useState<QueueProgress | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [withSkipped, setWithSkipped] = useState(false);
  const asked = useRef(firstItem);
  const isFetching = useRef(false);
  const latest = useRef(hand);
  latest.current = hand;

  const fetchOne = useCallback(async () => {
    isFetching.current = true;
    const own: Desk = { project, queueId, reviewer };
    try {
      const wanted = asked.current;
      const answer = wanted
        ? await claimItem(own, wanted)
        : await takeNext(
            own,
            latest.current.works.map(({ item }) => item.id),
            withSkipped,
          );
      asked.current = undefined;
      setProgress(answer.progress);
      setError(null);
      const { work } = answer;
      if (work?.item.trace_id) void queryClient.prefetchQuery(traceQuery(project, work.item.trace_id));
      setHand((before) => withWork(before, work));
    } catch (reason) {
      asked.current = undefined;
      setError(reason as Error);
      setHand((before) => ({ ...before, isExhausted: true }));
    } finally {
      isFetching.current = false;
    }
  }, [project, queueId, reviewer, withSkipped, queryClient]);

  useEffect(() => {
    if (hand.works.length < AHEAD && !hand.isExhausted && !isFetching.current) void fetchOne();
  }, [hand, fetchOne]);

  const current = hand.works[0] ?? null;
  const currentId = current?.item.id;
  useEffect(() => {
    if (currentId === undefined) return;
    const renew = () => {
      // One that cannot be renewed can still be reviewed.
      if (!document.hidden) void claimItem({ project, queueId, reviewer }, currentId).catch(() => undefined);
    };
    const timer = setInterval(renew, RENEW_MS);
    return () => clearInterval(timer);
  }, [project, queueId, reviewer, currentId]);

  useEffect(() => {
    const releaseAhead = () => {
      // What cannot be released is free when its lease ends.
      for (const { item } of latest.current.works.slice(1))
        void releaseItem({ project, queueId, reviewer }, item.id).catch(() => undefined);
    };
    window.addEventListener("pagehide", releaseAhead);
    return () => {
      window.removeEventListener("pagehide", releaseAhead);
      releaseAhead();
    };
  }, [project, queueId, reviewer]);

  /** Whether it worked. */
  const act = async (step: () => Promise<WorkAnswer>, then: (answer: WorkAnswer) => void) => {
    if (isBusy) return false;
    setBusy(true);
    setError(null);
    setOutcome(null);
    try {
      const answer = await step();
      for (const queryKey of CHANGED) void queryClient.invalidateQueries({ queryKey, refetchType: "none" });
      setProgress(answer.progress);
      then(answer);
      return true;
    } catch (reason) {
      setError(reason as Error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const goOn = (what: Outcome) => {
    setOutcome(what);
    setHand((before) => ({ works: before.works.slice(1), isExhausted: false }));
  };
  const submit = (verdict: Verdict) =>
    act(
      () => sendReview(desk, currentId ?? "", verdict),
      () => goOn("saved"),
    );
  const skip = () =>
    act(
      () => skipItem(desk, currentId ?? ""),
      () => goOn("skipped"),
    );
  const undo = () =>
    act(
      () => undoLast(desk),
      ({ work }) => {
        setOutcome(work === null ? "nothing" : "undone");
        if (work === null) return;
        setHand((before) => ({
          works: [work, ...before.works.filter(({ item }) => item.id !== work.item.id)],
          isExhausted: before.isExhausted,
        }));
      },
    );
  const lookAgain = (alsoSkipped: boolean) => {
    setWithSkipped(alsoSkipped);
    setError(null);
    setHand((before) => ({ ...before, isExhausted: false }));
  };
  const isOver = current === null && hand.isExhausted;
  return { current, progress, isOver, isBusy, error, outcome, submit, skip, undo, lookAgain };
}

function withWork(hand: Hand, work: Work | null): Hand {
  if (work === null) return { ...hand, isExhausted: true };
  const isNew = hand.works.every(({ item }) => item.id !== work.item.id);
  return { works: isNew ? [...hand.works, work] : hand.works, isExhausted: !isNew };
}
