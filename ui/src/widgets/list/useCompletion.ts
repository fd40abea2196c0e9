import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { facetQuery, fieldsQuery, type Selection } from "../../api/queries";
import type { Field, Target } from "../../api/types";
import {
  type CompletionSpot,
  completionSpot,
  type Suggestion,
  suggestChoices,
  suggestFields,
  suggestValues,
} from "../../model/filterCompletion";
import { useFieldWords } from "./fieldWords";

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
  target: Target,
  isOpen: boolean,
): Completion {
  const spot = completionSpot(text, caret);
  const fields = useQuery({ ...fieldsQuery(selection.project, target), enabled: isOpen });
  const known = fields.data?.fields ?? [];
  const asked = askedFacet(spot, known);
  const [prefix] = useDebouncedValue(asked?.prefix ?? "", PAUSE_MS);
  const values = useQuery({
    ...facetQuery({ ...selection, filter: "" }, target, asked?.name ?? "", prefix, VALUES_MAX),
    enabled: isOpen && asked !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const describe = useFieldWords(target);
  if (spot === null || !isOpen) return { spot, suggestions: [] };
  const found = asked && values.data?.field === asked.name ? suggestValues(values.data.values) : [];
  const wanted = spot.prefix.toLowerCase();
  if (spot.kind === "value") {
    const all = suggestChoices(findField(spot.field, known), found);
    return { spot, suggestions: all.filter((one) => one.label.toLowerCase().includes(wanted)) };
  }
  const keys = found.map((key) => {
    const name = `${asked?.name}.${key.label}`;
    return { ...key, label: name, insert: `${name}:` };
  });
  const named = suggestFields(known.map(describe), wanted, FIELDS_MAX);
  return { spot, suggestions: [...keys, ...named] };
}

function findField(name: string, known: readonly Field[]): Field | undefined {
  return known.find((field) => field.name === name || field.aliases.includes(name));
}

function familyOf(name: string): string | null {
  return FAMILIES.find((family) => name.startsWith(`${family}.`)) ?? null;
}

/** The facet that fits the spot: a field's values, or the keys of a family. */
function askedFacet(
  spot: CompletionSpot | null,
  known: readonly Field[],
): { name: string; prefix: string } | null {
  if (spot?.kind === "value") {
    const field = findField(spot.field, known);
    const isListed = field?.is_facet || familyOf(spot.field) !== null;
    return isListed ? { name: field?.name ?? spot.field, prefix: spot.prefix } : null;
  }
  const family = spot === null ? null : familyOf(spot.prefix);
  return spot && family ? { name: family, prefix: spot.prefix.slice(family.length + 1) } : null;
}
