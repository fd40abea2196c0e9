/** Which services call which, and what they use: docs/sessions.md#the-service-map. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getJson } from "./client";
import type { Selection } from "./queries";

export type MapNodeKind = "service" | "provider" | "retriever" | "tool" | "cache" | "caller";

export type MapTraffic = {
  count: number;
  per_second: number;
  error_count: number;
  /** 0 to 1. */
  error_rate: number;
  cost_usd: number | null;
  unpriced_count: number;
};

export type MapNode = MapTraffic & { id: string; kind: MapNodeKind; name: string };

export type MapEdge = MapTraffic & {
  source: string;
  target: string;
  duration_p50_ms: number;
  duration_p95_ms: number;
};

export type ServiceMap = {
  from: string;
  to: string;
  nodes: MapNode[];
  edges: MapEdge[];
  span_count: number;
  /** Of the traces that were looked at. */
  sampled_share: number;
  is_cut: boolean;
};

export const serviceMapQuery = (selection: Selection) =>
  queryOptions({
    queryKey: ["service-map", selection],
    queryFn: ({ signal }) => getJson<ServiceMap>("/service-map", selection, signal),
    placeholderData: keepPreviousData,
  });
