import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Selection } from "../../api/queries";
import { type Release, releasesQuery } from "../../api/signals";
import { usePreference } from "../../base/preferences";
import type { Mark } from "../../charts/marks";

/** More lines would hide what they mark. */
const MARKS_MAX = 30;

export type Releases = {
  /** Those that began in the time that is looked at, newest first; undefined before the answer. */
  began: readonly Release[] | undefined;
  /** A line for each on a chart over time; none where they are switched off. */
  marks: readonly Mark[];
};

/** Whether charts show where releases began: a choice of this browser, for all charts at once. */
export function useReleasesShown(): [boolean, (isShown: boolean) => void] {
  const [shown, setShown] = usePreference("releases", "on");
  return [shown === "on", (isShown) => setShown(isShown ? "on" : "off")];
}

/** The releases of what is looked at, as marks for any chart over time. */
export function useReleases(selection: Selection): Releases {
  const [isShown] = useReleasesShown();
  const { data } = useQuery(releasesQuery(selection));
  const began = useMemo(() => data?.items.filter((release) => release.is_new), [data]);
  const marks = useMemo(() => (isShown ? releaseMarks(began ?? []) : []), [began, isShown]);
  return { began, marks };
}

/** One line for a release that several services got at about the same moment. */
export function releaseMarks(began: readonly Release[]): Mark[] {
  const marks = new Map<string, { timeMs: number; services: Set<string> }>();
  for (const one of began) {
    const timeMs = Date.parse(one.first_seen);
    const known = marks.get(one.release) ?? { timeMs, services: new Set<string>() };
    known.timeMs = Math.min(known.timeMs, timeMs);
    known.services.add(one.service);
    marks.set(one.release, known);
  }
  return [...marks].slice(0, MARKS_MAX).map(([release, { timeMs, services }]) => ({
    timeMs,
    label: `${release} · ${[...services].sort().join(", ")}`,
    color: "--accent",
  }));
}
