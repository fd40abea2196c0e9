import { useCallback, useMemo, useState } from "react";
import type { DashboardDocument } from "../../model/dashboards/document";

const STEPS_MAX = 100;

type History = { past: DashboardDocument[]; now: DashboardDocument; future: DashboardDocument[] };

export type Draft = {
  document: DashboardDocument;
  isChanged: boolean;
  canUndo: boolean;
  canRedo: boolean;
  change: (part: Partial<DashboardDocument>) => void;
  undo: () => void;
  redo: () => void;
  /** From here on nothing is changed: it was saved, or thrown away for this. */
  settle: (document: DashboardDocument) => void;
};

/** A dashboard as it is being edited, with what it was before each change. */
export function useDraft(saved: DashboardDocument): Draft {
  const [base, setBase] = useState(saved);
  const [history, setHistory] = useState<History>({ past: [], now: saved, future: [] });
  const change = useCallback(
    (part: Partial<DashboardDocument>) =>
      setHistory(({ past, now }) => ({
        past: [...past.slice(-STEPS_MAX + 1), now],
        now: { ...now, ...part },
        future: [],
      })),
    [],
  );
  const undo = useCallback(
    () =>
      setHistory(({ past, now, future }) => {
        const before = past.at(-1);
        return before === undefined
          ? { past, now, future }
          : { past: past.slice(0, -1), now: before, future: [now, ...future] };
      }),
    [],
  );
  const redo = useCallback(
    () =>
      setHistory(({ past, now, future }) => {
        const after = future[0];
        return after === undefined
          ? { past, now, future }
          : { past: [...past, now], now: after, future: future.slice(1) };
      }),
    [],
  );
  const settle = useCallback((document: DashboardDocument) => {
    setBase(document);
    setHistory({ past: [], now: document, future: [] });
  }, []);
  const isChanged = useMemo(
    () => history.now !== base && JSON.stringify(history.now) !== JSON.stringify(base),
    [history.now, base],
  );
  return {
    document: history.now,
    isChanged,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    change,
    undo,
    redo,
    settle,
  };
}
