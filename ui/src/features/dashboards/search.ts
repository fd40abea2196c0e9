/** What of a dashboard lives in its URL. */

export type DashboardSearch = {
  /** Absent: as the dashboard says. */
  from?: string;
  to?: string;
  refresh?: string;
  /** Narrows the panels that ask by the filter language. */
  filter?: string;
  /** The panel that fills the page. */
  panel?: string;
} & { [variable: `var-${string}`]: string | undefined };

export function parseDashboardSearch(raw: Record<string, unknown>): DashboardSearch {
  const search: DashboardSearch = {};
  for (const name of ["from", "to", "refresh", "filter", "panel"] as const) {
    const value = raw[name];
    if (typeof value === "string" && value !== "") search[name] = value;
  }
  for (const [name, value] of Object.entries(raw)) {
    if (isVariable(name) && typeof value === "string") search[name] = value;
  }
  return search;
}

function isVariable(name: string): name is `var-${string}` {
  return /^var-[A-Za-z_]\w*$/.test(name);
}

/** Several values in one parameter: commas between them, and a comma of a value behind a backslash. */
export function joinValues(values: readonly string[]): string {
  return values.map((value) => value.replace(/[\\,]/g, "\\$&")).join(",");
}

export function splitValues(text: string): string[] {
  const values: string[] = [];
  let current = "";
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\" && at + 1 < text.length) {
      at += 1;
      current += text[at];
    } else if (text[at] === ",") {
      values.push(current);
      current = "";
    } else current += text[at];
  }
  return [...values, current];
}
