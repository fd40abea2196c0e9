import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { deleteScore, sendScore } from "../../../api/queries";
import type { Score, ScoreInput, Trace } from "../../../api/types";
import { useProject } from "../../../api/useProject";
import { type Draft, draftValue } from "../../../model/scores";

/** How long what was just done can be undone in place. */
const UNDO_MS = 15_000;

export type Done = { kind: "added" | "removed"; name: string; undo: () => void };

/** Gives and takes back scores of a trace, or of one of its spans. */
export function useScoring(trace: Trace, spanId: string | null) {
  const project = useProject();
  const queryClient = useQueryClient();
  const [done, setDone] = useState<Done | null>(null);
  useEffect(() => {
    if (done === null) return;
    const timer = setTimeout(() => setDone(null), UNDO_MS);
    return () => clearTimeout(timer);
  }, [done]);

  const refresh = async () => {
    await queryClient.invalidateQueries({ queryKey: ["trace", project, trace.trace_id] });
    void queryClient.invalidateQueries({ queryKey: ["session-turns"] });
    void queryClient.invalidateQueries({ queryKey: ["traces"], refetchType: "none" });
  };
  const add = useMutation({
    mutationFn: (input: ScoreInput) => sendScore(project, input),
    onSuccess: async (scoreId, input) => {
      setDone({ kind: "added", name: input.name, undo: () => takeBack.mutate(scoreId) });
      await refresh();
    },
  });
  const remove = useMutation({
    mutationFn: (score: Score) => deleteScore(project, score.id),
    onSuccess: async (_, score) => {
      setDone({ kind: "removed", name: score.name, undo: () => giveBack.mutate(inputOf(score)) });
      await refresh();
    },
  });
  const settled = async () => {
    setDone(null);
    await refresh();
  };
  const takeBack = useMutation({
    mutationFn: (scoreId: string) => deleteScore(project, scoreId),
    onSuccess: settled,
  });
  const giveBack = useMutation({
    mutationFn: (input: ScoreInput) => sendScore(project, input),
    onSuccess: settled,
  });

  const save = async (draft: Draft) => {
    const value = draftValue(draft);
    if (value === null) return;
    await add.mutateAsync({
      name: draft.name.trim(),
      value,
      data_type: draft.type,
      trace_id: trace.trace_id,
      span_id: spanId,
      comment: draft.comment.trim() || null,
      source: "person",
      environment: trace.environment,
    });
  };
  const error = remove.error ?? takeBack.error ?? giveBack.error;
  return { save, add, remove, done, error };
}

function inputOf(score: Score): ScoreInput {
  const { created_at: _created, updated_at: _updated, ...input } = score;
  return input;
}
