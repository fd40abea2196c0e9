/** The map of services as a drawing: where its nodes stand, how its edges run, how healthy they are. */

import { graphlib, layout } from "@dagrejs/dagre";
import type { MapEdge, MapNode, ServiceMap } from "../api/map";
import { quoteValue } from "./filterText";

export type Health = "good" | "warning" | "bad" | "quiet";

export type PlacedNode = {
  node: MapNode;
  health: Health;
  x: number;
  y: number;
  width: number;
  height: number;
};
export type PlacedEdge = {
  edge: MapEdge;
  health: Health;
  points: readonly { x: number; y: number }[];
  /** Width of its line, by traffic. */
  weight: number;
};
export type Drawing = {
  nodes: readonly PlacedNode[];
  edges: readonly PlacedEdge[];
  width: number;
  height: number;
};

export const NODE_WIDTH = 184;
export const NODE_HEIGHT = 58;
const CALLER_WIDTH = 96;
const CALLER_HEIGHT = 34;
const WARNING_RATE = 0.01;
const BAD_RATE = 0.05;

export function healthOf(traffic: { count: number; error_rate: number }): Health {
  if (traffic.count === 0) return "quiet";
  if (traffic.error_rate >= BAD_RATE) return "bad";
  return traffic.error_rate >= WARNING_RATE ? "warning" : "good";
}

/** From callers on the left to what is used on the right. */
export function drawMap(map: ServiceMap): Drawing {
  const graph = new graphlib.Graph({ multigraph: false });
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 74, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of map.nodes) {
    const isCaller = node.kind === "caller";
    graph.setNode(node.id, {
      width: isCaller ? CALLER_WIDTH : NODE_WIDTH,
      height: isCaller ? CALLER_HEIGHT : NODE_HEIGHT,
    });
  }
  // A service that calls itself is no edge: it would only run around its own node.
  const edges = map.edges.filter((edge) => edge.source !== edge.target);
  for (const edge of edges) graph.setEdge(edge.source, edge.target, {});
  layout(graph);
  const most = Math.max(1, ...edges.map((edge) => edge.count));
  const nodes = map.nodes.map((node) => {
    const { x, y, width, height } = graph.node(node.id) as Place;
    return { node, health: healthOf(node), x, y, width, height };
  });
  const drawn = edges.map((edge) => {
    const { points } = graph.edge(edge.source, edge.target) as { points: { x: number; y: number }[] };
    const [from, to] = [graph.node(edge.source) as Place, graph.node(edge.target) as Place];
    const weight = 1 + 3 * (Math.log1p(edge.count) / Math.log1p(most));
    const ends = endsOf(from, to);
    return { edge, health: healthOf(edge), points: [ends[0], ...points.slice(1, -1), ends[1]], weight };
  });
  const size = graph.graph() as { width?: number; height?: number };
  return { nodes, edges: drawn, width: size.width ?? 0, height: size.height ?? 0 };
}

type Place = { x: number; y: number; width: number; height: number };
type Point = { x: number; y: number };

/** The middles of the sides that face each other. */
function endsOf(from: Place, to: Place): [Point, Point] {
  const sign = from.x <= to.x ? 1 : -1;
  return [
    { x: from.x + (sign * from.width) / 2, y: from.y },
    { x: to.x - (sign * to.width) / 2, y: to.y },
  ];
}

/** A smooth line through the points, which leaves and arrives straight. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let path = `M${first.x},${first.y}`;
  let before = first;
  for (const point of rest) {
    const middle = (before.x + point.x) / 2;
    path += `C${middle},${before.y} ${middle},${point.y} ${point.x},${point.y}`;
    before = point;
  }
  return path;
}

/** The traces that went through a node. */
export function filterOfNode(node: Pick<MapNode, "kind" | "name">): string {
  const name = quoteValue(node.name);
  switch (node.kind) {
    case "service":
      return `span.service:${name}`;
    case "provider":
      return node.name === "" ? "kind:llm" : `provider:${name}`;
    case "tool":
      return `kind:tool (tool:${name} or span.name:${name})`;
    case "retriever":
      return `kind:retriever (span.name:${name} or attributes.db.system.name:${name})`;
    case "cache":
      return `kind:cache span.name:${name}`;
    case "caller":
      return "";
  }
}

/** The traces in which one called the other. */
export function filterOfEdge(source: MapNode, target: MapNode): string {
  if (source.kind === "caller") return `service:${quoteValue(target.name)}`;
  const called = filterOfNode(target);
  const service = `span.service:${quoteValue(source.name)}`;
  // Terms of spans that stand together ask one span; denied twice, a term asks another one.
  return target.kind === "service" ? `${called} -(-${service})` : `${service} ${called}`;
}
