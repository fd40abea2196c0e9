import { Button, Table } from "@mantine/core";
import type { MouseEvent } from "react";
import type { Line } from "../../charts/SeriesChart";
import type { Unit } from "../../model/promql";
import { CopyButton } from "../../widgets/CopyButton";
import { formatValue } from "../../widgets/values";
import classes from "./Legend.module.css";
import { useExploreStrings } from "./strings";

type LegendProps = {
  lines: readonly Line[];
  unit: Unit;
  hidden: ReadonlySet<string>;
  onHidden: (hidden: ReadonlySet<string>) => void;
  /** The time under the pointer: its values stand in place of the last ones. */
  at: number | null;
  step: number;
};

/** The lines with their numbers. A click leaves one, with Ctrl it hides or shows it. */
export function Legend(props: LegendProps) {
  const t = useExploreStrings();
  const { lines, unit, hidden } = props;
  const choose = (event: MouseEvent, id: string) => props.onHidden(hiddenAfter(event, id, lines, hidden));
  return (
    <div className={classes.root}>
      {hidden.size > 0 && <Button onClick={() => props.onHidden(new Set())}>{t("showAll")}</Button>}
      <Table className={classes.table} verticalSpacing={3}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("label")}</Table.Th>
            <Table.Th className="num">{props.at === null ? t("last") : t("value")}</Table.Th>
            <Table.Th className="num">{t("min")}</Table.Th>
            <Table.Th className="num">{t("mean")}</Table.Th>
            <Table.Th className="num">{t("max")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => {
            const facts = factsOf(line.values);
            return (
              <Table.Tr key={line.id} data-hidden={!line.isShown || undefined}>
                <Table.Td className={classes.name}>
                  <button
                    type="button"
                    title={t("only")}
                    aria-pressed={line.isShown}
                    style={{ "--mark": line.color } as React.CSSProperties}
                    onClick={(event) => choose(event, line.id)}
                  >
                    <code>{line.id}</code>
                  </button>
                  <CopyButton value={line.id} />
                </Table.Td>
                <Table.Td className="num">{formatAt(line, props.at, props.step, unit)}</Table.Td>
                <Table.Td className="num">{formatValue(facts.min, unit)}</Table.Td>
                <Table.Td className="num">{formatValue(facts.mean, unit)}</Table.Td>
                <Table.Td className="num">{formatValue(facts.max, unit)}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function hiddenAfter(
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

function formatAt(line: Line, at: number | null, step: number, unit: Unit): string {
  if (at === null) return formatValue(line.values.at(-1) ?? Number.NaN, unit);
  const position = line.times.findIndex((time) => Math.abs(time - at) < step / 2);
  const value = line.values[position];
  return value === undefined ? "" : formatValue(value, unit);
}

function factsOf(values: readonly number[]): { min: number; max: number; mean: number } {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return { min: Number.NaN, max: Number.NaN, mean: Number.NaN };
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of known) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, max, mean: sum / known.length };
}
