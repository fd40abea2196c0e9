import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { aggregateQuery } from "../../api/aggregate";
import type { Selection } from "../../api/queries";
import { resolveRange } from "../../base/time";
import type { Mark } from "../../charts/marks";

const BUCKETS = 48;
const RELEASES_MAX = 50;

export type Release = { name: string; beganMs: number };

/** Releases whose first trace of the range is later than its beginning, newest first. */
export function useReleases(selection: Selection): readonly Release[] {
  const range = resolveRange(selection, Date.now());
  const intervalMs = Math.max(60_000, Math.ceil((range ? range.to - range.from : 0) / BUCKETS / 1000) * 1000);
  const { data } = useQuery({
    ...aggregateQuery(selection, {
      target: "traces",
      measures: ["count()"],
      groupBy: ["release"],
      intervalMs,
      limit: RELEASES_MAX,
    }),
    staleTime: 30_000,
    enabled: range !== null,
  });
  return useMemo(() => {
    const first = new Map<string, number>();
    for (const [name, time] of data?.rows ?? []) {
      if (typeof name !== "string" || typeof time !== "string" || name === "") continue;
      const at = Date.parse(time);
      first.set(name, Math.min(first.get(name) ?? at, at));
    }
    // One that was there in the first interval may have begun before.
    const since = Math.min(...first.values());
    return [...first]
      .map(([name, beganMs]) => ({ name, beganMs }))
      .filter((release) => release.beganMs > since)
      .sort((one, other) => other.beganMs - one.beganMs);
  }, [data]);
}

export function releaseMarks(releases: readonly Release[]): Mark[] {
  return releases.map((release) => ({ timeMs: release.beganMs, label: release.name, color: "--accent" }));
}
