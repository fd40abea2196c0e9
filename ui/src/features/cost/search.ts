import { COST_DIMENSIONS, type CostDimension } from "../../api/cost";
import { parseScopeSearch, type ScopeSearch } from "../../widgets/scope/scopeSearch";

export type CostSearch = ScopeSearch & {
  /** Absent is `feature`. */
  by?: Exclude<CostDimension, "feature">;
};

export function parseCostSearch(raw: Record<string, unknown>): CostSearch {
  const by = COST_DIMENSIONS.find((one) => one === raw.by);
  const scope = parseScopeSearch(raw);
  return by === undefined || by === "feature" ? scope : { ...scope, by };
}
