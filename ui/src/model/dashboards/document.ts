/** A dashboard's document: docs/dashboards.md. */

export type PanelKind =
  | "line"
  | "area"
  | "bar"
  | "bar_list"
  | "value"
  | "table"
  | "heatmap"
  | "pie"
  | "text"
  | "row";
export const PANEL_KINDS: readonly PanelKind[] = [
  "line",
  "area",
  "bar",
  "bar_list",
  "value",
  "table",
  "heatmap",
  "pie",
  "text",
  "row",
];

export const UNITS = [
  "",
  "count",
  "ms",
  "s",
  "USD",
  "tokens",
  "ratio",
  "percent",
  "bytes",
  "per_second",
  "per_minute",
] as const;
export type Unit = (typeof UNITS)[number];

export const REDUCTIONS = ["last", "mean", "min", "max", "sum"] as const;
export type Reduction = (typeof REDUCTIONS)[number];

export type Target = "traces" | "spans" | "logs";

export type PromqlQuery = { kind: "promql"; expr: string; legend: string };
export type AggregateQuery = {
  kind: "aggregate";
  target: Target;
  filter: string;
  measures: string[];
  group_by: string[];
  order: string;
  limit: number;
  legend: string;
};
export type SqlQuery = { kind: "sql"; query: string; legend: string };
export type PanelQuery = PromqlQuery | AggregateQuery | SqlQuery;

export type Place = { x: number; y: number; w: number; h: number };
export type Threshold = { value: number; color: string };
export type PanelLink = { title: string; url: string };

export type Panel = {
  id: string;
  kind: PanelKind;
  title: string;
  description: string;
  place: Place;
  queries: PanelQuery[];
  unit: Unit;
  decimals: number | null;
  min: number | null;
  max: number | null;
  is_stacked: boolean;
  legend: "list" | "table" | "none";
  reduce: Reduction;
  thresholds: Threshold[];
  links: PanelLink[];
  text: string;
};

type VariableBase = {
  name: string;
  label: string;
  is_multi: boolean;
  has_all: boolean;
  default: string[];
  is_hidden: boolean;
};
export type FacetVariable = VariableBase & { kind: "facet"; target: Target; field: string; filter: string };
export type LabelVariable = VariableBase & { kind: "label"; label_name: string; match: string };
export type ListVariable = VariableBase & { kind: "list"; values: string[] };
export type TextVariable = VariableBase & { kind: "text" };
export type Variable = FacetVariable | LabelVariable | ListVariable | TextVariable;

export type Annotation = {
  kind: "releases" | "alerts" | "promql" | "own";
  name: string;
  is_shown: boolean;
  color: string;
  expr: string;
  marks: { time: string; label: string }[];
};

export type DashboardDocument = {
  schema: 1;
  title: string;
  description: string;
  tags: string[];
  time: { from: string; to: string };
  refresh: "off" | "10s" | "30s" | "1m" | "5m";
  variables: Variable[];
  annotations: Annotation[];
  panels: Panel[];
};

/** Stands for every value of a variable. */
export const ALL = "$__all";

export function emptyDocument(title: string): DashboardDocument {
  return {
    schema: 1,
    title,
    description: "",
    tags: [],
    time: { from: "now-6h", to: "now" },
    refresh: "off",
    variables: [],
    annotations: [
      { kind: "releases", name: "", is_shown: true, color: "neutral", expr: "", marks: [] },
      { kind: "alerts", name: "", is_shown: true, color: "bad", expr: "", marks: [] },
    ],
    panels: [],
  };
}

export function newPanel(id: string, place: Place): Panel {
  return {
    id,
    kind: "line",
    title: "",
    description: "",
    place,
    queries: [newQuery("promql")],
    unit: "",
    decimals: null,
    min: null,
    max: null,
    is_stacked: false,
    legend: "list",
    reduce: "last",
    thresholds: [],
    links: [],
    text: "",
  };
}

export function newQuery(kind: PanelQuery["kind"]): PanelQuery {
  switch (kind) {
    case "promql":
      return { kind, expr: "", legend: "" };
    case "sql":
      return { kind, query: "", legend: "" };
    case "aggregate":
      return {
        kind,
        target: "spans",
        filter: "",
        measures: ["count()"],
        group_by: [],
        order: "",
        limit: 10,
        legend: "",
      };
  }
}

export function newVariable(kind: Variable["kind"], name: string): Variable {
  const base = { name, label: "", is_multi: true, has_all: true, default: [ALL], is_hidden: false };
  switch (kind) {
    case "facet":
      return { ...base, kind, target: "traces", field: "service", filter: "" };
    case "label":
      return { ...base, kind, label_name: "service", match: "" };
    case "list":
      return { ...base, kind, values: [], has_all: false, default: [] };
    case "text":
      return { ...base, kind, is_multi: false, has_all: false, default: [""] };
  }
}

/** An id that no panel has. */
export function freeId(panels: readonly Panel[]): string {
  const taken = new Set(panels.map((panel) => panel.id));
  let number = panels.length + 1;
  while (taken.has(`panel-${number}`)) number += 1;
  return `panel-${number}`;
}

/** Queries that make a course over time. */
export function isOverTime(kind: PanelKind): boolean {
  return kind === "line" || kind === "area" || kind === "bar" || kind === "heatmap";
}

export function isQueried(kind: PanelKind): boolean {
  return kind !== "text" && kind !== "row";
}
