/** What a reviewer is asked of an item, which keys answer it, and what of the answers is kept until it is sent. */

import type { AnswerValue, AskedScore, Verdict } from "../api/queues";

export type Choice = { value: AnswerValue; label: string; key: string };

export type Question = {
  score: AskedScore;
  /** Empty where the answer is typed. */
  choices: readonly Choice[];
};

/** Keys that the page has for itself. */
const RESERVED = new Set([..."cesun?yjk"]);
/** Longer scales are typed. */
const STEPS_MAX = 11;
const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

export function questionsOf(scores: readonly AskedScore[], words: { yes: string; no: string }): Question[] {
  return scores.map((score) => ({ score, choices: choicesOf(score, words) }));
}

function choicesOf(score: AskedScore, words: { yes: string; no: string }): Choice[] {
  if (score.data_type === "boolean")
    return [
      { value: true, label: words.yes, key: "y" },
      { value: false, label: words.no, key: "n" },
    ];
  if (score.data_type === "categorical") return categoryChoices(score.categories.map(({ label }) => label));
  return score.data_type === "numeric" ? numberChoices(score.min_value, score.max_value) : [];
}

/** Whole numbers where the range is a short one; quarters of 0 to 1. */
function numberChoices(low: number | null, high: number | null): Choice[] {
  if (low === null || high === null) return [];
  if (low === 0 && high === 1)
    return QUARTERS.map((value, place) => ({ value, label: String(value), key: String(place + 1) }));
  const isShort = Number.isInteger(low) && Number.isInteger(high) && high - low < STEPS_MAX;
  if (!isShort || low < 0) return [];
  return Array.from({ length: high - low + 1 }, (_, place) => {
    const value = low + place;
    // Of 0 to 10 and 1 to 10 the last has the key that is left over, or is a click away.
    return { value, label: String(value), key: value <= 9 ? String(value) : low > 0 ? "0" : "" };
  });
}

/** The first letter of the label that is free, else a digit. */
function categoryChoices(labels: readonly string[]): Choice[] {
  const taken = new Set<string>();
  return labels.map((label, place) => {
    const letters = [...label.toLowerCase()].filter((letter) => /^[a-z]$/.test(letter));
    const digit = place < 9 ? String(place + 1) : "";
    const key = letters.find((letter) => !RESERVED.has(letter) && !taken.has(letter)) ?? digit;
    taken.add(key);
    return { value: label, label, key };
  });
}

/** Where a key answers: at the question that is looked at, else at the next one that knows it. */
export function answerByKey(
  questions: readonly Question[],
  active: number,
  key: string,
): { place: number; value: AnswerValue } | null {
  for (let step = 0; step < questions.length; step++) {
    const place = (Math.min(active, questions.length - 1) + step) % questions.length;
    const choice = questions[place]?.choices.find((one) => one.key !== "" && one.key === key);
    if (choice) return { place, value: choice.value };
  }
  return null;
}

/** The first question after this one that has no answer yet, or null. Texts may stay empty. */
export function nextOpen(
  questions: readonly Question[],
  answers: Verdict["answers"],
  after: number,
): number | null {
  for (let step = 1; step <= questions.length; step++) {
    const place = (after + step) % questions.length;
    const question = questions[place];
    if (question && isNeeded(question) && answers[question.score.id] === undefined) return place;
  }
  return null;
}

export function isNeeded(question: Question): boolean {
  return question.score.data_type !== "text";
}

/** A typed number, or null where it is none or out of range. */
export function typedNumber(text: string, score: AskedScore): number | null {
  const number = text.trim() === "" ? Number.NaN : Number(text.trim().replace(",", "."));
  if (!Number.isFinite(number)) return null;
  if (score.min_value !== null && number < score.min_value) return null;
  return score.max_value !== null && number > score.max_value ? null : number;
}

export type Draft = Verdict & {
  /** Numbers as they are typed, by the score's id. */
  typed: { [configId: string]: string };
};

export const EMPTY_DRAFT: Draft = { answers: {}, comment: "", correction: "", typed: {} };

/** Keeps what is typed on a page that is left, reloaded or crashes: for the browser tab's life. */
export const drafts = {
  read(key: string): Draft | null {
    try {
      const text = sessionStorage.getItem(key);
      return text === null ? null : { ...EMPTY_DRAFT, ...(JSON.parse(text) as Partial<Draft>) };
    } catch {
      return null; // Forbidden, or written by something else.
    }
  },
  write(key: string, draft: Draft): void {
    try {
      sessionStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // Forbidden or full: the draft lives as long as the page.
    }
  },
  remove(key: string): void {
    try {
      sessionStorage.removeItem(key);
    } catch {
      // Forbidden: nothing was kept.
    }
  },
};
