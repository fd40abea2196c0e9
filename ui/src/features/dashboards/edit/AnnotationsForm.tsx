import { ActionIcon, Button, Group, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Annotation } from "../../../model/dashboards/document";
import { useDashboardStrings } from "../strings";
import { ColorSelect } from "./ColorSelect";
import classes from "./edit.module.css";

type AnnotationsProps = { annotations: Annotation[]; onChange: (annotations: Annotation[]) => void };

/** What is marked on every chart over time. */
export function AnnotationsForm({ annotations, onChange }: AnnotationsProps) {
  const t = useDashboardStrings();
  const set = (at: number, annotation: Annotation | null) =>
    onChange(
      annotations.flatMap((one, place) => (place !== at ? [one] : annotation === null ? [] : [annotation])),
    );
  return (
    <div>
      {annotations.map((annotation, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: annotations have no names
        <fieldset key={at} className={classes.query}>
          <div className={classes.grid}>
            <Select
              label={t("annotations")}
              allowDeselect={false}
              data={[
                { value: "releases", label: t("annotationReleases") },
                { value: "alerts", label: t("annotationAlerts") },
                { value: "promql", label: t("annotationPromql") },
                { value: "own", label: t("annotationOwn") },
              ]}
              value={annotation.kind}
              onChange={(kind) =>
                set(at, { ...annotation, kind: (kind ?? "releases") as Annotation["kind"] })
              }
            />
            <TextInput
              label={t("name")}
              value={annotation.name}
              onChange={(event) => set(at, { ...annotation, name: event.currentTarget.value })}
            />
            {annotation.kind === "promql" && (
              <div className={classes.wide}>
                <TextInput
                  label={t("expression")}
                  value={annotation.expr}
                  onChange={(event) => set(at, { ...annotation, expr: event.currentTarget.value })}
                />
              </div>
            )}
            {annotation.kind === "own" && (
              <div className={classes.wide}>
                <OwnMarks annotation={annotation} onChange={(marks) => set(at, { ...annotation, marks })} />
              </div>
            )}
          </div>
          <Group gap="sm" mt="xs">
            <ColorSelect value={annotation.color} onChange={(color) => set(at, { ...annotation, color })} />
            <Switch
              label={t("shown")}
              checked={annotation.is_shown}
              onChange={(event) => set(at, { ...annotation, is_shown: event.currentTarget.checked })}
            />
            <ActionIcon aria-label={t("remove")} onClick={() => set(at, null)}>
              <Trash2 size={14} />
            </ActionIcon>
          </Group>
        </fieldset>
      ))}
      <Button
        leftSection={<Plus size={14} />}
        onClick={() =>
          onChange([
            ...annotations,
            { kind: "own", name: "", is_shown: true, color: "neutral", expr: "", marks: [] },
          ])
        }
      >
        {t("addAnnotation")}
      </Button>
    </div>
  );
}

/** A line for each moment: its time, then what happened. */
function OwnMarks(props: { annotation: Annotation; onChange: (marks: Annotation["marks"]) => void }) {
  const t = useDashboardStrings();
  const [text, setText] = useState(() =>
    props.annotation.marks.map((mark) => `${mark.time} ${mark.label}`).join("\n"),
  );
  return (
    <Textarea
      label={t("moments")}
      autosize
      minRows={2}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        props.onChange(marksOf(event.currentTarget.value));
      }}
    />
  );
}

function marksOf(text: string): Annotation["marks"] {
  return text.split("\n").flatMap((line) => {
    const [time = "", ...words] = line.trim().split(/\s+/);
    return Number.isNaN(Date.parse(time)) ? [] : [{ time, label: words.join(" ").slice(0, 200) }];
  });
}
