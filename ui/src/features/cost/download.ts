import { type Query, request } from "../../api/client";

/** A file that the API makes, saved on the reader's machine. */
export async function downloadFile(path: string, query: Query): Promise<void> {
  const answer = await request("GET", path, query);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name ?? "table.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
