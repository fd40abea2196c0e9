import { ActionIcon, Button, NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import {
  isOverTime,
  isQueried,
  PANEL_KINDS,
  type Panel,
  type PanelKind,
  REDUCTIONS,
  type Reduction,
  UNITS,
  type Unit,
} from "../../../model/dashboards/document";
import { type DashboardWords, useDashboardStrings } from "../strings";
import { ColorSelect } from "./ColorSelect";
import classes from "./edit.module.css";

type LookProps = { panel: Panel; onChange: (part: Partial<Panel>) => void };

/** How a panel looks. */
export function LookForm({ panel, onChange }: LookProps) {
  const t = useDashboardStrings();
  return (
    <section className={classes.look} aria-label={t("look")}>
      <TextInput
        label={t("panelTitle")}
        maxLength={200}
        value={panel.title}
        onChange={(event) => onChange({ title: event.currentTarget.value })}
      />
      <Select
        label={t("kind")}
        allowDeselect={false}
        data={PANEL_KINDS.map((kind) => ({ value: kind, label: kindWord(kind, t) }))}
        value={panel.kind}
        onChange={(kind) => onChange({ kind: (kind ?? "line") as PanelKind })}
      />
      {panel.kind === "text" ? (
        <Textarea
          label={t("text")}
          autosize
          minRows={6}
          value={panel.text}
          onChange={(event) => onChange({ text: event.currentTarget.value })}
        />
      ) : (
        <Textarea
          label={t("description")}
          autosize
          minRows={1}
          maxRows={4}
          value={panel.description}
          onChange={(event) => onChange({ description: event.currentTarget.value })}
        />
      )}
      {isQueried(panel.kind) && <Numbers panel={panel} onChange={onChange} />}
      {isQueried(panel.kind) && panel.kind !== "heatmap" && <Thresholds panel={panel} onChange={onChange} />}
      {panel.kind !== "row" && <Links panel={panel} onChange={onChange} />}
    </section>
  );
}

function Numbers({ panel, onChange }: LookProps) {
  const t = useDashboardStrings();
  const isCourse = isOverTime(panel.kind) && panel.kind !== "heatmap";
  return (
    <>
      <div className={classes.pair}>
        <Select
          label={t("unit")}
          allowDeselect={false}
          data={UNITS.map((unit) => ({ value: unit, label: unit === "" ? t("unitAuto") : unit }))}
          value={panel.unit}
          onChange={(unit) => onChange({ unit: (unit ?? "") as Unit })}
        />
        <NumberInput
          label={t("decimals")}
          min={0}
          max={10}
          value={panel.decimals ?? ""}
          onChange={(value) => onChange({ decimals: value === "" ? null : Number(value) })}
        />
      </div>
      {(isCourse || panel.kind === "bar_list") && (
        <div className={classes.pair}>
          <NumberInput
            label={t("min")}
            value={panel.min ?? ""}
            onChange={(value) => onChange({ min: value === "" ? null : Number(value) })}
          />
          <NumberInput
            label={t("max")}
            value={panel.max ?? ""}
            onChange={(value) => onChange({ max: value === "" ? null : Number(value) })}
          />
        </div>
      )}
      {!isOverTime(panel.kind) && (
        <Select
          label={t("reduce")}
          allowDeselect={false}
          data={REDUCTIONS.map((how) => ({ value: how, label: reductionWord(how, t) }))}
          value={panel.reduce}
          onChange={(how) => onChange({ reduce: (how ?? "last") as Reduction })}
        />
      )}
      {(isCourse || panel.kind === "pie") && (
        <Select
          label={t("legend")}
          allowDeselect={false}
          data={[
            { value: "list", label: t("legendList") },
            { value: "table", label: t("legendTable") },
            { value: "none", label: t("legendNone") },
          ]}
          value={panel.legend}
          onChange={(legend) => onChange({ legend: (legend ?? "list") as Panel["legend"] })}
        />
      )}
      {isCourse && (
        <Switch
          label={t("stacked")}
          checked={panel.is_stacked}
          onChange={(event) => onChange({ is_stacked: event.currentTarget.checked })}
        />
      )}
    </>
  );
}

function Thresholds({ panel, onChange }: LookProps) {
  const t = useDashboardStrings();
  const set = (at: number, part: Partial<Panel["thresholds"][number]> | null) =>
    onChange({
      thresholds: panel.thresholds.flatMap((one, place) =>
        place !== at ? [one] : part === null ? [] : [{ ...one, ...part }],
      ),
    });
  return (
    <fieldset className={classes.list}>
      <legend>{t("thresholds")}</legend>
      {panel.thresholds.map((threshold, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: thresholds have no names
        <div key={at} className={classes.item}>
          <NumberInput
            aria-label={t("from")}
            value={threshold.value}
            onChange={(value) => set(at, { value: Number(value) || 0 })}
          />
          <ColorSelect value={threshold.color} onChange={(color) => set(at, { color })} />
          <ActionIcon aria-label={t("remove")} onClick={() => set(at, null)}>
            <Trash2 size={14} />
          </ActionIcon>
        </div>
      ))}
      <Button
        leftSection={<Plus size={14} />}
        onClick={() => onChange({ thresholds: [...panel.thresholds, { value: 0, color: "warn" }] })}
      >
        {t("addThreshold")}
      </Button>
    </fieldset>
  );
}

function Links({ panel, onChange }: LookProps) {
  const t = useDashboardStrings();
  const set = (at: number, part: Partial<Panel["links"][number]> | null) =>
    onChange({
      links: panel.links.flatMap((one, place) =>
        place !== at ? [one] : part === null ? [] : [{ ...one, ...part }],
      ),
    });
  return (
    <fieldset className={classes.list}>
      <legend>{t("links")}</legend>
      {panel.links.map((link, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: links have no names
        <div key={at} className={classes.item}>
          <TextInput
            aria-label={t("panelTitle")}
            placeholder={t("panelTitle")}
            value={link.title}
            onChange={(event) => set(at, { title: event.currentTarget.value })}
          />
          <TextInput
            aria-label={t("url")}
            placeholder="/traces?filter=…"
            value={link.url}
            onChange={(event) => set(at, { url: event.currentTarget.value })}
          />
          <ActionIcon aria-label={t("remove")} onClick={() => set(at, null)}>
            <Trash2 size={14} />
          </ActionIcon>
        </div>
      ))}
      <Button
        leftSection={<Plus size={14} />}
        onClick={() => onChange({ links: [...panel.links, { title: "", url: "/traces" }] })}
      >
        {t("addLink")}
      </Button>
    </fieldset>
  );
}

function kindWord(kind: PanelKind, t: DashboardWords): string {
  const words = {
    line: "kindLine",
    area: "kindArea",
    bar: "kindBar",
    bar_list: "kindBarList",
    value: "kindValue",
    table: "kindTable",
    heatmap: "kindHeatmap",
    pie: "kindPie",
    text: "kindText",
    row: "kindRow",
  } as const;
  return t(words[kind]);
}

function reductionWord(how: Reduction, t: DashboardWords): string {
  const words = {
    last: "reduceLast",
    mean: "reduceMean",
    min: "reduceMin",
    max: "reduceMax",
    sum: "reduceSum",
  } as const;
  return t(words[how]);
}
