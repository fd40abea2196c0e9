import type { Json } from "../../../api/types";
import { useTraceStrings } from "../strings";
import { JsonView } from "./JsonView";
import classes from "./panel.module.css";
import { Section } from "./Section";

/** Temperature and its like: short values side by side, long ones (schemas, tools) as trees. */
export function Parameters(props: { values: { [name: string]: Json } | null }) {
  const t = useTraceStrings();
  const entries = Object.entries(props.values ?? {});
  if (entries.length === 0) return null;
  return (
    <Section title={t("parameters")}>
      <dl className={classes.facts}>
        {entries.map(([name, value]) => (
          <div key={name} data-wide={typeof value === "object" || undefined}>
            <dt className="mono">{name}</dt>
            <dd>{typeof value === "object" ? <JsonView value={value} /> : String(value)}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
