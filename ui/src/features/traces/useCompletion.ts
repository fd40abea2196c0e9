import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { facetQuery, fieldsQuery, type Selection } from "../../api/queries";
import {
  type CompletionSpot,
  completionSpot,
  type Suggestion,
  suggestFields,
  suggestValues,
} from "../../model/filterCompletion";

const FIELDS_MAX = 60;
const VALUES_MAX = 30;
const PAUSE_MS = 120;
/** Families whose keys the server lists as a facet of their own. */
const FAMILIES = ["attributes", "resource", "metadata"];

export type Completion = { spot: CompletionSpot | null; suggestions: readonly Suggestion[] };

/** What fits where the caret stands: fields, keys of attributes, or values that occur in the time range. */
export function useCompletion(
  text: string,
  caret: number,
  selection: Selection,
  isOpen: boolean,
): Completion {
  const spot = completionSpot(text, caret);
  const fields = useQuery({ ...fieldsQuery(selection.project), enabled: isOpen });
  const asked = askedFacet(spot);
  const [prefix] = useDebouncedValue(asked?.prefix ?? "", PAUSE_MS);
  const known = fields.data?.fields ?? [];
  const isAskable = asked !== null && (FAMILIES.includes(asked.field) || isFacetable(asked.field, known));
  const values = useQuery({
    ...facetQuery({ ...selection, filter: "" }, asked?.field ?? "", prefix, VALUES_MAX),
    enabled: isOpen && isAskable,
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (spot === null || !isOpen) return { spot, suggestions: [] };
  const found = isAskable && values.data?.field === asked.field ? suggestValues(values.data.values) : [];
  const wanted = spot.prefix.toLowerCase();
  if (spot.kind === "value") {
    return { spot, suggestions: found.filter((one) => one.label.toLowerCase().includes(wanted)) };
  }
  const family = `${asked?.field}.`;
  const keys = found.map((key) => ({ ...key, label: family + key.label, insert: `${family}${key.label}:` }));
  return { spot, suggestions: [...keys, ...suggestFields(known, wanted, FIELDS_MAX)] };
}

function familyOf(name: string): string | null {
  return FAMILIES.find((family) => name.startsWith(`${family}.`)) ?? null;
}

function isFacetable(field: string, known: readonly { name: string; is_facet: boolean }[]): boolean {
  return familyOf(field) !== null || known.some((one) => one.name === field && one.is_facet);
}

function askedFacet(spot: CompletionSpot | null): { field: string; prefix: string } | null {
  if (spot?.kind === "value") return { field: spot.field, prefix: spot.prefix };
  const family = spot === null ? null : familyOf(spot.prefix);
  return spot && family ? { field: family, prefix: spot.prefix.slice(family.length + 1) } : null;
}
