import { type MouseEvent, useMemo } from "react";
import type { Line } from "../../../charts/SeriesChart";
import { reduceValues } from "../../../model/dashboards/frames";
import { cssOf } from "../../../model/dashboards/units";
import { useDashboardStrings } from "../strings";
import classes from "./panels.module.css";

type LegendProps = {
  lines: readonly Line[];
  isTable: boolean;
  format: (value: number) => string;
  hidden: ReadonlySet<string>;
  onHidden: (hidden: ReadonlySet<string>) => void;
  height: number;
};

/** Names of lines. A click leaves one, with Ctrl it hides or shows it. */
export function SeriesLegend(props: LegendProps) {
  const { lines, hidden, height } = props;
  const choose = (event: MouseEvent, id: string) => props.onHidden(after(event, id, lines, hidden));
  if (props.isTable) return <LegendTable {...props} onChoose={choose} />;
  return (
    <ul className={classes.legend} style={{ height }}>
      {lines.map((line) => (
        <li key={line.id}>
          <LegendName line={line} onChoose={choose} />
        </li>
      ))}
    </ul>
  );
}

function LegendName(props: { line: Line; onChoose: (event: MouseEvent, id: string) => void }) {
  const { line } = props;
  return (
    <button
      type="button"
      className={classes.legendName}
      data-hidden={!line.isShown || undefined}
      aria-pressed={line.isShown}
      title={line.id}
      onClick={(event) => props.onChoose(event, line.id)}
    >
      <i style={{ background: cssOf(line.color) }} />
      {line.id}
    </button>
  );
}

function LegendTable(props: LegendProps & { onChoose: (event: MouseEvent, id: string) => void }) {
  const t = useDashboardStrings();
  const { lines, format } = props;
  const facts = useMemo(
    () =>
      lines.map((line) =>
        (["last", "mean", "max"] as const).map((how) => {
          const value = reduceValues(line.values, how);
          return { how, value };
        }),
      ),
    [lines],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard
    <div className={classes.legendTable} style={{ height: props.height }} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>{t("name")}</th>
            <th className="num">{t("reduceLast")}</th>
            <th className="num">{t("reduceMean")}</th>
            <th className="num">{t("reduceMax")}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, at) => (
            <tr key={line.id}>
              <td>
                <LegendName line={line} onChoose={props.onChoose} />
              </td>
              {facts[at]?.map(({ how, value }) => (
                <td key={how} className="num">
                  {value === null ? "–" : format(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function after(
  event: MouseEvent,
  id: string,
  lines: readonly Line[],
  hidden: ReadonlySet<string>,
): ReadonlySet<string> {
  if (event.ctrlKey || event.metaKey) {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    return next;
  }
  const others = lines.map((line) => line.id).filter((other) => other !== id);
  const isAlone = !hidden.has(id) && others.every((other) => hidden.has(other));
  return new Set(isAlone ? [] : others);
}
