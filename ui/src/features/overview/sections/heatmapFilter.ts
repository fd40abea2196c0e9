import type { HeatOf } from "../../../api/signals";
import type { HeatRow } from "../../../charts/heatRows";

/** The traces of a row of the heat map: their own duration, or that of one of their calls. */
export function cellFilter(of: HeatOf, row: HeatRow): string {
  const [low, high] = [row.low, row.high].map(milliseconds);
  if (of === "traces") return `duration>=${low} duration<${high}`;
  return `is_call:true span.duration>=${low} span.duration<${high}`;
}

/** As the filter language writes it: whole nanoseconds below a microsecond's parts. */
function milliseconds(value: number): string {
  return Number.isInteger(value) ? `${value}ms` : `${Math.round(value * 1e6)}ns`;
}
