/** Severities as the chart shows them, from the top of a bar to its bottom. */

import type { Severity } from "../../api/types";

export type SeverityGroup = {
  id: "unknown" | "trace" | "debug" | "info" | "warn" | "error" | "fatal";
  severities: readonly (Severity | "unknown")[];
  /** Name of a CSS variable. */
  color: string;
  /** What a click filters by; null where one value does not say it. */
  filterValue: Severity | null;
};

export const SEVERITY_GROUPS: readonly SeverityGroup[] = [
  { id: "unknown", severities: ["unknown"], color: "--line-strong", filterValue: null },
  { id: "trace", severities: ["trace"], color: "--severity-trace", filterValue: "trace" },
  { id: "debug", severities: ["debug"], color: "--severity-debug", filterValue: "debug" },
  { id: "info", severities: ["info"], color: "--severity-info", filterValue: "info" },
  { id: "warn", severities: ["warn"], color: "--severity-warn", filterValue: "warn" },
  { id: "error", severities: ["error"], color: "--severity-error", filterValue: "error" },
  { id: "fatal", severities: ["fatal"], color: "--severity-fatal", filterValue: "fatal" },
];
