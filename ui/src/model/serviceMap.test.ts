import { describe, expect, it } from "vitest";
import type { MapEdge, MapNode, ServiceMap } from "../api/map";
import { drawMap, filterOfEdge, filterOfNode, healthOf, pathOf } from "./serviceMap";

const TRAFFIC = {
  count: 10,
  per_second: 1,
  error_count: 0,
  error_rate: 0,
  cost_usd: null,
  unpriced_count: 0,
};

function node(kind: MapNode["kind"], name: string): MapNode {
  return { id: `${kind}:${name}`, kind, name, ...TRAFFIC };
}

function edge(source: string, target: string, count = 10): MapEdge {
  return { source, target, ...TRAFFIC, count, duration_p50_ms: 1, duration_p95_ms: 2 };
}

const MAP: ServiceMap = {
  from: "2026-01-01T00:00:00Z",
  to: "2026-01-02T00:00:00Z",
  nodes: [node("caller", ""), node("service", "web"), node("service", "rag"), node("provider", "openai")],
  edges: [
    edge("caller:", "service:web", 100),
    edge("service:web", "service:rag"),
    edge("service:rag", "provider:openai"),
  ],
  span_count: 3,
  sampled_share: 1,
  is_cut: false,
};

describe("the map of services", () => {
  it("stands in the order of calls", () => {
    const { nodes } = drawMap(MAP);
    const x = nodes.map((placed) => placed.x);
    expect([...x].sort((a, b) => a - b)).toEqual(x);
  });

  it("draws busy calls wider", () => {
    const { edges } = drawMap(MAP);
    expect(edges[0]?.weight).toBeGreaterThan(edges[1]?.weight ?? 9);
  });

  it("copes with services that call each other, and with none", () => {
    const round = { ...MAP, edges: [...MAP.edges, edge("service:rag", "service:web")] };
    expect(drawMap(round).edges).toHaveLength(4);
    expect(drawMap({ ...MAP, nodes: [], edges: [] }).nodes).toEqual([]);
  });

  it("tells health by the share of errors", () => {
    expect(healthOf({ count: 0, error_rate: 0 })).toBe("quiet");
    expect(healthOf({ count: 9, error_rate: 0.001 })).toBe("good");
    expect(healthOf({ count: 9, error_rate: 0.02 })).toBe("warning");
    expect(healthOf({ count: 9, error_rate: 0.2 })).toBe("bad");
  });

  it("leads to the traces of a node and of a call", () => {
    expect(filterOfNode(node("provider", "openai"))).toBe("provider:openai");
    expect(filterOfNode(node("service", "my api"))).toBe('span.service:"my api"');
    expect(filterOfEdge(node("service", "web"), node("service", "rag"))).toBe(
      "span.service:rag -(-span.service:web)",
    );
    expect(filterOfEdge(node("caller", ""), node("service", "web"))).toBe("service:web");
  });

  it("runs an edge through its points", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 10 },
      { x: 20, y: 0 },
    ];
    expect(pathOf(points)).toBe("M0,0C5,0 5,10 10,10C15,10 15,0 20,0");
    expect(pathOf([])).toBe("");
  });
});
