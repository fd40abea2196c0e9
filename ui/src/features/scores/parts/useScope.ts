import { useMemo } from "react";
import type { ScoreSelection } from "../../../api/scores";
import { useProject } from "../../../api/useProject";
import { DEFAULT_RANGE } from "../../../base/time";
import type { ScoresSearch } from "../search";

/** Which scores the URL asks for. */
export function useScope(search: ScoresSearch): ScoreSelection {
  const project = useProject();
  const { from = DEFAULT_RANGE.from, to = DEFAULT_RANGE.to, filter = "", source = "", at = "score" } = search;
  return useMemo(() => ({ project, from, to, filter, source, at }), [project, from, to, filter, source, at]);
}
