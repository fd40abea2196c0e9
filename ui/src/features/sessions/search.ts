export type SessionSearch = { order?: "-start_time" };

export function parseSessionSearch(raw: Record<string, unknown>): SessionSearch {
  return raw.order === "-start_time" ? { order: "-start_time" } : {};
}
