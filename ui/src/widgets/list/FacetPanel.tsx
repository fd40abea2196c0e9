import { useQuery } from "@tanstack/react-query";
import { fieldsQuery } from "../../api/queries";
import type { Target } from "../../api/types";
import { usePreference } from "../../base/preferences";
import classes from "./FacetPanel.module.css";
import { FacetSection } from "./FacetSection";
import type { ListState } from "./listState";
import { useListWords } from "./strings";

/** The fields that have few values, with how often each occurs. Clicks include and exclude. */
export function FacetPanel(props: {
  state: ListState;
  target: Target;
  /** What people look for first stands on top; the server's order follows. */
  first: readonly string[];
  /** Every other field is one click away and costs nothing until it is opened. */
  openAtFirst: readonly string[];
  /** Where this browser remembers which are open. */
  preference: string;
}) {
  const t = useListWords();
  const fields = useQuery(fieldsQuery(props.state.selection.project, props.target));
  const [opened, setOpened] = usePreference(props.preference, props.openAtFirst.join(","));
  const open = new Set(opened.split(","));
  const facets = (fields.data?.fields ?? []).filter((field) => field.is_facet).map((field) => field.name);
  const names = [
    ...props.first.filter((name) => facets.includes(name)),
    ...facets.filter((name) => !props.first.includes(name)),
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
          target={props.target}
          isOpen={open.has(name)}
          onToggle={() => toggle(name)}
          state={props.state}
        />
      ))}
    </aside>
  );
}
