import type { MapNode, MapTraffic } from "../../api/map";
import { formatCompact } from "../../base/format";
import type { MapTranslate } from "./strings";

export function nameOf(node: Pick<MapNode, "kind" | "name">, t: MapTranslate): string {
  if (node.kind === "caller") return t("kind_caller");
  return node.name || t("unnamed");
}

/** As often as it reads well: 12/s, 3.5/min, 2/h. */
export function rateOf(traffic: Pick<MapTraffic, "per_second">, t: MapTranslate): string {
  const rate = traffic.per_second;
  if (rate >= 1) return t("perSecond", { rate: short(rate) });
  if (rate * 60 >= 1) return t("perMinute", { rate: short(rate * 60) });
  return t("perHour", { rate: short(rate * 3600) });
}

function short(rate: number): string {
  return rate >= 100 ? formatCompact(Math.round(rate)) : String(Number(rate.toFixed(1)));
}
