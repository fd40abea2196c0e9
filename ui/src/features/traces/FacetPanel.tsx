import { useQuery } from "@tanstack/react-query";
import { fieldsQuery } from "../../api/queries";
import { usePreference } from "../../base/preferences";
import classes from "./FacetPanel.module.css";
import { FacetSection } from "./FacetSection";
import { useListStrings } from "./strings";
import type { ListState } from "./useListState";

/** Open at first; every other field is one click away and costs nothing until it is opened. */
const OPEN_AT_FIRST = "status,service,model,feature";
/** What people look for first stands on top; the server's order follows. */
const FIRST = [
  "status",
  "service",
  "environment",
  "model",
  "feature",
  "team",
  "user_id",
  "kind",
  "error_type",
  "tags",
];

/** The fields that have few values, with how often each occurs. Clicks include and exclude. */
export function FacetPanel(props: { state: ListState }) {
  const t = useListStrings();
  const fields = useQuery(fieldsQuery(props.state.selection.project));
  const [opened, setOpened] = usePreference("facets", OPEN_AT_FIRST);
  const open = new Set(opened.split(","));
  const facets = (fields.data?.fields ?? []).filter((field) => field.is_facet).map((field) => field.name);
  const names = [
    ...FIRST.filter((name) => facets.includes(name)),
    ...facets.filter((name) => !FIRST.includes(name)),
  ];
  const toggle = (name: string) => {
    const next = new Set(open);
    if (!next.delete(name)) next.add(name);
    setOpened([...next].join(","));
  };
  return (
    <aside className={classes.panel} aria-label={t("facets")}>
      {names.map((name) => (
        <FacetSection
          key={name}
          field={name}
          isOpen={open.has(name)}
          onToggle={() => toggle(name)}
          state={props.state}
        />
      ))}
    </aside>
  );
}
