import { useState } from "react";
import type { Review, Verdict } from "../../../api/queues";
import { type Draft, drafts, EMPTY_DRAFT } from "../../../model/reviewQuestions";

/** What the reviewer says of an item so far: as it was typed in this tab, else as it was said before. */
export function useDraft(key: string, review: Review) {
  const [draft, setDraft] = useState<Draft>(() => drafts.read(key) ?? draftOf(review));
  const change = (update: (before: Draft) => Draft) =>
    setDraft((before) => {
      const after = update(before);
      drafts.write(key, after);
      return after;
    });
  return { draft, change };
}

function draftOf(review: Review): Draft {
  const { answers, comment, correction } = review;
  const numbers = Object.entries(answers).filter(([, value]) => typeof value === "number");
  const typed = Object.fromEntries(numbers.map(([id, value]) => [id, String(value)]));
  return { ...EMPTY_DRAFT, answers, comment, correction, typed };
}

export function draftKey(queueId: string, itemId: string, reviewer: string): string {
  return `spanglass.review.${queueId}.${itemId}.${reviewer}`;
}

export function verdictOf(draft: Draft): Verdict {
  const { answers, comment, correction } = draft;
  return { answers, comment: comment.trim(), correction: correction.trim() };
}
