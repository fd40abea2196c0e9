import { useQuery } from "@tanstack/react-query";
import { fieldsQuery } from "../../../api/queries";
import { useProject } from "../../../api/useProject";
import type { Target } from "../../../model/dashboards/document";

type FieldNames = { numbers: string[]; bools: string[]; texts: string[] };

/** Fields of the filter language by what can be done with them. */
export function useFieldNames(target: Target): FieldNames {
  const fields = useQuery(fieldsQuery(useProject(), target)).data?.fields ?? [];
  const named = (isWanted: (type: string) => boolean) =>
    fields
      .filter((field) => isWanted(field.type) && !field.name.endsWith(".") && !field.name.startsWith("span."))
      .map((field) => field.name);
  return {
    numbers: named((type) => type === "number" || type === "duration" || type === "money"),
    bools: named((type) => type === "bool"),
    texts: named((type) => type === "text" || type === "enum" || type === "list" || type === "severity"),
  };
}
