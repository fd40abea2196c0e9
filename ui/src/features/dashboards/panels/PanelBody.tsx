import { Skeleton } from "@mantine/core";
import type { Mark } from "../../../charts/marks";
import { isOverTime, type Panel } from "../../../model/dashboards/document";
import type { PanelData } from "../usePanelData";
import { BarListPanel } from "./BarListPanel";
import { HeatPanel } from "./HeatPanel";
import { PanelNotice } from "./PanelNotice";
import { PiePanel } from "./PiePanel";
import { TablePanel } from "./TablePanel";
import { TextPanel } from "./TextPanel";
import { TimePanel } from "./TimePanel";
import { ValuePanel } from "./ValuePanel";

type BodyProps = {
  panel: Panel;
  data: PanelData;
  height: number;
  marks: readonly Mark[];
  syncKey: string;
  isTable: boolean;
  onRange: (from: number, to: number) => void;
};

/** What a panel shows: its chart, or why there is none. */
export function PanelBody(props: BodyProps) {
  const { panel, data, height } = props;
  if (panel.kind === "text") return <TextPanel text={panel.text} />;
  const error = data.errors.find((one) => one !== null) ?? null;
  const isEmpty = data.series.length === 0 && (data.table === null || data.table.rows.length === 0);
  if (error !== null && isEmpty) return <PanelNotice error={error} onRetry={data.retry} />;
  if (isEmpty && data.isPending && panel.queries.length > 0)
    return <Skeleton height={Math.max(height - 16, 20)} m={8} radius="sm" />;
  if (isEmpty) return <PanelNotice error={null} onRetry={data.retry} />;
  return (
    <div data-panel-body style={{ opacity: data.isFetching ? 0.7 : 1 }}>
      {error !== null && <PanelNotice error={error} onRetry={data.retry} isSmall />}
      <Chart {...props} />
    </div>
  );
}

function Chart(props: BodyProps) {
  const { panel, data, height } = props;
  if (props.isTable && isOverTime(panel.kind)) return <TablePanel panel={panel} data={data} />;
  switch (panel.kind) {
    case "value":
      return <ValuePanel panel={panel} data={data} height={height} />;
    case "table":
      return <TablePanel panel={panel} data={data} />;
    case "pie":
      return props.isTable ? (
        <TablePanel panel={panel} data={data} />
      ) : (
        <PiePanel panel={panel} data={data} height={height} />
      );
    case "bar_list":
      return <BarListPanel panel={panel} data={data} />;
    case "heatmap":
      return (
        <HeatPanel panel={panel} data={data} height={height} marks={props.marks} onRange={props.onRange} />
      );
    default:
      return <TimePanel {...props} />;
  }
}
