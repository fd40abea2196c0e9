/** What of the scores' pages lives in their URLs. */

import { DEFAULT_RANGE } from "../../base/time";

export const SOURCES = ["api", "evaluator", "person"] as const;

export const TYPES = ["numeric", "boolean", "categorical", "text", "correction"] as const;

export const GROUPS = [
  "feature",
  "model",
  "prompt",
  "release",
  "team",
  "service",
  "environment",
  "provider",
  "trace_name",
  "evaluator",
  "evaluator_version",
  "source",
] as const;
export type Group = (typeof GROUPS)[number];

export type ScoresSearch = {
  from?: string;
  to?: string;
  /** Over traces. */
  filter?: string;
  /** Absent is every source. */
  source?: string;
  /** Present where times are those of the judged traces. */
  at?: "trace";
};

export type ScoreSearch = ScoresSearch & {
  /** Absent is the most frequent type of the name. */
  type?: (typeof TYPES)[number];
  by?: Group;
  /** Present where the lowest are listed first. */
  low?: "1";
};

/** Each side is `name`, or `name|source|author`. */
export type AgreementSearch = ScoresSearch & {
  first?: string;
  second?: string;
  match?: "trace";
  threshold?: string;
};

export function parseScoresSearch(raw: Record<string, unknown>): ScoresSearch {
  const source = SOURCES.find((one) => one === raw.source);
  return {
    ...textsOf(raw, ["from", "to", "filter"]),
    ...(source && { source }),
    ...(raw.at === "trace" && { at: "trace" as const }),
  };
}

export function parseScoreSearch(raw: Record<string, unknown>): ScoreSearch {
  const by = GROUPS.find((one) => one === raw.by);
  const type = TYPES.find((one) => one === raw.type);
  return {
    ...parseScoresSearch(raw),
    ...(type && { type }),
    ...(by && { by }),
    ...(raw.low === "1" && { low: "1" as const }),
  };
}

export function parseAgreementSearch(raw: Record<string, unknown>): AgreementSearch {
  return {
    ...parseScoresSearch(raw),
    ...textsOf(raw, ["first", "second", "threshold"]),
    ...(raw.match === "trace" && { match: "trace" as const }),
  };
}

/** The search after a change, without what is the default anyway. */
export function changed<Search extends ScoresSearch>(
  before: Search,
  part: { [Key in keyof Search]?: Search[Key] | null },
): Search {
  const merged: Record<string, unknown> = { ...before, ...part };
  if (merged.from === DEFAULT_RANGE.from && (merged.to ?? "now") === DEFAULT_RANGE.to) {
    merged.from = null;
    merged.to = null;
  }
  const kept = Object.entries(merged).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  return Object.fromEntries(kept) as Search;
}

export type Side = { name: string; source: string; author: string };

/** Names may hold anything, so each part is encoded. */
export function printSide(side: Side): string {
  return [side.name, side.source, side.author].map(encodeURIComponent).join("|");
}

export function parseSide(text: string | undefined): Side {
  const [name = "", source = "", author = ""] = (text ?? "").split("|").map(decoded);
  return { name, source, author };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // Written by hand, with a bare percent sign.
  }
}

function textsOf<Name extends string>(
  raw: Record<string, unknown>,
  names: readonly Name[],
): { [Key in Name]?: string } {
  const found = names.filter((name) => typeof raw[name] === "string" && raw[name] !== "");
  return Object.fromEntries(found.map((name) => [name, raw[name]])) as { [Key in Name]?: string };
}
