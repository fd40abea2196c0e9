/** What of the datasets' and experiments' pages lives in their URLs. */

import type { ItemStatus } from "../../api/datasets";
import type { CompareOrder } from "../../api/experiments";

export type DatasetTab = "experiments" | "versions";

export type DatasetSearch = {
  /** Absent: the items. */
  tab?: DatasetTab;
  text?: string;
  status?: ItemStatus | "all";
  /** A version's number or name, or a time; absent is now. */
  version?: string;
  /** From 1; absent is the first. */
  page?: number;
};

export type ExperimentsSearch = { text?: string; page?: number };

export type CompareSearch = {
  /** With commas between. */
  ids: string;
  baseline?: string;
  score?: string;
  /** Absent: regressions. */
  order?: CompareOrder;
  changed?: "1";
  page?: number;
};

export type DatasetsSearch = { text?: string };

export function parseDatasetsSearch(raw: Record<string, unknown>): DatasetsSearch {
  const text = textOf(raw.text);
  return text === null ? {} : { text };
}

export function parseDatasetSearch(raw: Record<string, unknown>): DatasetSearch {
  const [text, version, page] = [textOf(raw.text), textOf(raw.version), pageOf(raw.page)];
  return {
    ...((raw.tab === "experiments" || raw.tab === "versions") && { tab: raw.tab }),
    ...((raw.status === "archived" || raw.status === "all") && { status: raw.status }),
    ...(text !== null && { text }),
    ...(version !== null && { version }),
    ...(page !== null && { page }),
  };
}

export function parseExperimentsSearch(raw: Record<string, unknown>): ExperimentsSearch {
  const [text, page] = [textOf(raw.text), pageOf(raw.page)];
  return { ...(text !== null && { text }), ...(page !== null && { page }) };
}

export function parseCompareSearch(raw: Record<string, unknown>): CompareSearch {
  const [baseline, score, page] = [textOf(raw.baseline), textOf(raw.score), pageOf(raw.page)];
  return {
    ids: textOf(raw.ids) ?? "",
    ...(baseline !== null && { baseline }),
    ...(score !== null && { score }),
    ...((raw.order === "improvements" || raw.order === "dataset") && { order: raw.order }),
    ...(raw.changed === "1" && { changed: "1" }),
    ...(page !== null && { page }),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function pageOf(value: unknown): number | null {
  const page = Number(value);
  return Number.isInteger(page) && page > 1 ? page : null;
}
