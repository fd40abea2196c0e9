import { ActionIcon, Tooltip } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { Bot, Database, Maximize, Minus, Plus, Server, Wrench, Zap } from "lucide-react";
import { type KeyboardEvent, useMemo, useState } from "react";
import type { ServiceMap } from "../../api/map";
import { formatPercent } from "../../base/format";
import { drawMap, type PlacedEdge, type PlacedNode, pathOf } from "../../model/serviceMap";
import classes from "./Map.module.css";
import type { Picked } from "./MapPage";
import { useMapStrings } from "./strings";
import { nameOf, rateOf } from "./words";

const ICONS = { service: Server, provider: Bot, retriever: Database, tool: Wrench, cache: Zap, caller: null };
const ZOOM_STEP = 1.25;
const ZOOM_MIN = 0.25;
const ZOOM_MAX = 2.5;
const NARROW_PX = 600;

/** Nodes and the calls between them, drawn; arrows and Tab reach each of them. */
export function MapDrawing(props: {
  map: ServiceMap;
  picked: Picked | null;
  onPick: (picked: Picked | null) => void;
}) {
  const t = useMapStrings();
  const drawing = useMemo(() => drawMap(props.map), [props.map]);
  const { ref, width, height } = useElementSize();
  const [zoom, setZoom] = useState<number | null>(null);
  const fit = Math.min(1, (width || 800) / drawing.width, (height || 500) / drawing.height);
  // Names stay readable: a map that is too large for it scrolls.
  const least = width > 0 && width < NARROW_PX ? 0.8 : 0.55;
  const scale = zoom ?? Math.max(least, fit);
  const change = (factor: number) => setZoom(Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, scale * factor)));
  return (
    <div className={classes.drawing}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={classes.canvas} ref={ref} tabIndex={0}>
        <svg
          width={drawing.width * scale}
          height={drawing.height * scale}
          viewBox={`0 0 ${drawing.width} ${drawing.height}`}
          className={classes.svg}
          role="group"
          aria-label={t("title")}
        >
          <defs>
            <marker
              id="map-arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0,0L8,4L0,8Z" fill="context-stroke" />
            </marker>
          </defs>
          {drawing.edges.map((placed) => (
            <EdgeLine
              key={`${placed.edge.source} ${placed.edge.target}`}
              placed={placed}
              isPicked={isEdge(props.picked, placed)}
              label={edgeLabel(placed, props.map, t)}
              onPick={props.onPick}
            />
          ))}
          {drawing.nodes.map((placed) => (
            <NodeBox
              key={placed.node.id}
              placed={placed}
              isPicked={props.picked?.kind === "node" && props.picked.id === placed.node.id}
              onPick={props.onPick}
            />
          ))}
        </svg>
      </div>
      <div className={classes.zoom}>
        <Tooltip label={t("zoomIn")}>
          <ActionIcon aria-label={t("zoomIn")} onClick={() => change(ZOOM_STEP)}>
            <Plus size={14} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t("zoomOut")}>
          <ActionIcon aria-label={t("zoomOut")} onClick={() => change(1 / ZOOM_STEP)}>
            <Minus size={14} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t("fit")}>
          <ActionIcon aria-label={t("fit")} onClick={() => setZoom(fit)}>
            <Maximize size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
      <ul className={classes.legend} aria-hidden>
        {(["good", "warning", "bad"] as const).map((health) => (
          <li key={health} data-health={health}>
            {t(health)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function isEdge(picked: Picked | null, { edge }: PlacedEdge): boolean {
  return picked?.kind === "edge" && picked.source === edge.source && picked.target === edge.target;
}

type Translate = ReturnType<typeof useMapStrings>;

function edgeLabel({ edge }: PlacedEdge, map: ServiceMap, t: Translate): string {
  const [source, target] = [edge.source, edge.target].map((id) => map.nodes.find((node) => node.id === id));
  const ends = source && target ? `${nameOf(source, t)} → ${nameOf(target, t)}` : "";
  return `${ends}, ${rateOf(edge, t)}, ${t("errors")} ${formatPercent(edge.error_rate)}`;
}

/** Enter and Space press what is no button. */
function pressing(run: () => void) {
  return (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    run();
  };
}

function EdgeLine(props: {
  placed: PlacedEdge;
  isPicked: boolean;
  label: string;
  onPick: (picked: Picked) => void;
}) {
  const { placed } = props;
  const path = pathOf(placed.points);
  const pick = () => props.onPick({ kind: "edge", source: placed.edge.source, target: placed.edge.target });
  return (
    <g
      className={classes.edge}
      data-health={placed.health}
      data-picked={props.isPicked || undefined}
      role="button"
      tabIndex={0}
      aria-label={props.label}
      aria-pressed={props.isPicked}
      onClick={pick}
      onKeyDown={pressing(pick)}
    >
      <title>{props.label}</title>
      <path d={path} className={classes.reach} />
      <path d={path} className={classes.line} strokeWidth={placed.weight} markerEnd="url(#map-arrow)" />
    </g>
  );
}

function NodeBox(props: { placed: PlacedNode; isPicked: boolean; onPick: (picked: Picked) => void }) {
  const t = useMapStrings();
  const { node, x, y, width, height, health } = props.placed;
  const Icon = ICONS[node.kind];
  const name = nameOf(node, t);
  const pick = () => props.onPick({ kind: "node", id: node.id });
  const label = `${name}, ${t(`kind_${node.kind}`)}, ${rateOf(node, t)}, ${t("errors")} ${formatPercent(node.error_rate)}`;
  return (
    <g
      className={classes.node}
      data-kind={node.kind}
      data-health={health}
      data-picked={props.isPicked || undefined}
      role="button"
      tabIndex={0}
      aria-label={label}
      aria-pressed={props.isPicked}
      onClick={pick}
      onKeyDown={pressing(pick)}
    >
      <title>{label}</title>
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={6} />
      <foreignObject x={x - width / 2} y={y - height / 2} width={width} height={height}>
        <div className={classes.nodeBody}>
          <span className={classes.nodeName}>
            {Icon && <Icon size={13} aria-hidden />}
            <b className="cut">{name}</b>
          </span>
          {node.kind !== "caller" && (
            <span className={classes.nodeNumbers}>
              <span>{rateOf(node, t)}</span>
              <span data-errors={node.error_count > 0 || undefined}>{formatPercent(node.error_rate)}</span>
            </span>
          )}
        </div>
      </foreignObject>
    </g>
  );
}
