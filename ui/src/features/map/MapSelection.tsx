import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import type { MapEdge, MapNode, MapTraffic, ServiceMap } from "../../api/map";
import type { Selection } from "../../api/queries";
import { formatCount, formatDuration, formatPercent } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { filterOfEdge, filterOfNode } from "../../model/serviceMap";
import { Cost } from "../../widgets/Cost";
import classes from "./Map.module.css";
import type { Picked } from "./MapPage";
import { useMapStrings } from "./strings";
import { nameOf, rateOf } from "./words";

/** The numbers of what was clicked on, and the way to its traces. */
export function MapSelection(props: {
  map: ServiceMap;
  picked: Picked | null;
  selection: Selection;
  onPick: (picked: Picked | null) => void;
}) {
  const t = useMapStrings();
  const { map, picked, onPick } = props;
  const find = (id: string) => map.nodes.find((node) => node.id === id);
  if (picked === null) return <aside className={classes.hint}>{t("pick")}</aside>;
  const close = (
    <Tooltip label={t("close")}>
      <ActionIcon size="sm" aria-label={t("close")} onClick={() => onPick(null)}>
        <X size={14} />
      </ActionIcon>
    </Tooltip>
  );
  if (picked.kind === "edge") {
    const edge = map.edges.find((one) => one.source === picked.source && one.target === picked.target);
    const [source, target] = [find(picked.source), find(picked.target)];
    if (!edge || !source || !target) return null;
    return (
      <aside className={classes.panel} aria-label={t("selected")}>
        <h2 className={classes.panelTitle}>
          {nameOf(source, t)} → {nameOf(target, t)}
          {close}
        </h2>
        <Numbers traffic={edge} edge={edge} />
        <ToTraces selection={props.selection} filter={filterOfEdge(source, target)} />
      </aside>
    );
  }
  const node = find(picked.id);
  if (!node) return null;
  const into = map.edges.filter((edge) => edge.target === node.id);
  const out = map.edges.filter((edge) => edge.source === node.id);
  return (
    <aside className={classes.panel} aria-label={t("selected")}>
      <h2 className={classes.panelTitle}>
        {nameOf(node, t)}
        {close}
      </h2>
      <p className="muted">{t(`kind_${node.kind}`)}</p>
      {node.kind !== "caller" && <Numbers traffic={node} />}
      <Calls title={t("incoming")} edges={into} nodeOf={(edge) => find(edge.source)} onPick={onPick} />
      <Calls title={t("outgoing")} edges={out} nodeOf={(edge) => find(edge.target)} onPick={onPick} />
      {node.kind !== "caller" && <ToTraces selection={props.selection} filter={filterOfNode(node)} />}
    </aside>
  );
}

function Numbers(props: { traffic: MapTraffic; edge?: MapEdge }) {
  const t = useMapStrings();
  const language = useLanguage();
  const { traffic, edge } = props;
  return (
    <dl className={classes.numbers}>
      <dt>{t("rate")}</dt>
      <dd title={t("requests", { count: formatCount(traffic.count, language) })}>{rateOf(traffic, t)}</dd>
      <dt>{t("errors")}</dt>
      <dd>
        {formatPercent(traffic.error_rate)} ({formatCount(traffic.error_count, language)})
      </dd>
      {edge && (
        <>
          <dt>{t("p50")}</dt>
          <dd>{formatDuration(edge.duration_p50_ms)}</dd>
          <dt>{t("p95")}</dt>
          <dd>{formatDuration(edge.duration_p95_ms)}</dd>
        </>
      )}
      <dt>{t("cost")}</dt>
      <dd>
        <Cost usd={traffic.cost_usd} unpricedCount={traffic.unpriced_count} />
      </dd>
    </dl>
  );
}

function Calls(props: {
  title: string;
  edges: readonly MapEdge[];
  nodeOf: (edge: MapEdge) => MapNode | undefined;
  onPick: (picked: Picked) => void;
}) {
  const t = useMapStrings();
  if (props.edges.length === 0) return null;
  return (
    <>
      <h3 className={classes.callsTitle}>{props.title}</h3>
      <ul className={classes.calls}>
        {props.edges.map((edge) => {
          const node = props.nodeOf(edge);
          return (
            node && (
              <li key={`${edge.source} ${edge.target}`}>
                <button
                  type="button"
                  onClick={() => props.onPick({ kind: "edge", source: edge.source, target: edge.target })}
                >
                  <span className="cut">{nameOf(node, t)}</span>
                  <span>{rateOf(edge, t)}</span>
                  <span>{formatDuration(edge.duration_p95_ms)}</span>
                </button>
              </li>
            )
          );
        })}
      </ul>
    </>
  );
}

export function tracesSearch(selection: Selection, filter: string) {
  const held = [selection.filter, filter].filter((part) => part !== "");
  const joined = held.length > 1 && / or | \|\| /.test(selection.filter) ? [`(${held[0]})`, held[1]] : held;
  return { from: selection.from, to: selection.to, filter: joined.join(" ") };
}

function ToTraces(props: { selection: Selection; filter: string }) {
  const t = useMapStrings();
  return (
    <Button
      renderRoot={(root) => (
        <Link {...root} to="/traces" search={tracesSearch(props.selection, props.filter)} />
      )}
    >
      {t("seeTraces")}
    </Button>
  );
}
