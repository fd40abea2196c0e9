import { TextInput } from "@mantine/core";
import { useDeferredValue, useState } from "react";
import type { Json, SpanWithLogs } from "../../../api/types";
import { textOf } from "../../../model/traceMessages";
import { CopyButton } from "../../../widgets/CopyButton";
import { useTraceStrings } from "../strings";
import { AttributeTable } from "./AttributeTable";
import classes from "./panel.module.css";
import { Section } from "./Section";

/** Everything as it was sent, with a search over keys and values. */
export function AttributesTab(props: { span: SpanWithLogs }) {
  const t = useTraceStrings();
  const { span } = props;
  const [text, setText] = useState("");
  const needle = useDeferredValue(text.trim().toLowerCase());
  const groups: readonly (readonly [string, "attributes" | "resource" | null, { [key: string]: Json }])[] = [
    [t("attributes"), "attributes", span.attributes],
    [t("resource"), "resource", span.resource],
    [t("scope"), null, scopeRows(span)],
  ];
  return (
    <>
      <div className={classes.find}>
        <TextInput
          aria-label={t("filterAttributes")}
          placeholder={t("filterAttributes")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {groups.map(([title, group, values]) => {
        const rows = Object.entries(values).filter(
          ([key, value]) => needle === "" || `${key}\n${textOf(value)}`.toLowerCase().includes(needle),
        );
        return rows.length === 0 && needle !== "" ? null : (
          <Section key={title} title={title} actions={<CopyButton value={() => textOf(values)} />}>
            {rows.length === 0 ? (
              <p className={classes.nothing}>{t("noAttributes")}</p>
            ) : (
              <AttributeTable group={group} rows={rows} query={needle} />
            )}
          </Section>
        );
      })}
    </>
  );
}

function scopeRows(span: SpanWithLogs): { [key: string]: Json } {
  const rows: { [key: string]: Json } = {};
  if (span.scope?.name) rows.name = span.scope.name;
  if (span.scope?.version) rows.version = span.scope.version;
  for (const [key, value] of Object.entries(span.scope?.attributes ?? {})) rows[`attributes.${key}`] = value;
  if (span.dialect) rows["spanglass.dialect"] = span.dialect;
  if (span.otlp_kind) rows["otlp.kind"] = span.otlp_kind;
  return rows;
}
