import type { DashboardDocument } from "../../model/dashboards/document";

/** The document as a file of the reader's. */
export function downloadDocument(document: DashboardDocument): void {
  const name = document.title.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^-+|-+$/g, "") || "dashboard";
  const blob = new Blob([`${JSON.stringify(document, null, 2)}\n`], { type: "application/json" });
  const link = window.document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
