import type { Agreeing } from "../../../api/scores";
import classes from "../parts/scores.module.css";

/** How often which answers met: rows are the first side's, columns the second's. */
export function ConfusionTable(props: { found: Agreeing; first: string; second: string }) {
  const { labels, table } = props.found;
  const top = Math.max(1, ...table.flat());
  return (
    <div className={classes.scroll}>
      <table className={classes.matrix}>
        <thead>
          <tr>
            <th title={`${props.first} ↓`}>{props.first} ↓</th>
            <th colSpan={labels.length} title={`${props.second} →`}>
              {props.second} →
            </th>
          </tr>
          <tr>
            <th />
            {labels.map((label) => (
              <th key={label} title={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.map((row, y) => (
            <tr key={labels[y]}>
              <th title={labels[y]}>{labels[y]}</th>
              {row.map((count, x) => (
                <td
                  key={labels[x]}
                  data-same={x === y || undefined}
                  style={{
                    background: `color-mix(in srgb, var(${x === y ? "--accent" : "--warn"}) ${Math.round((count / top) * 40)}%, transparent)`,
                  }}
                >
                  {count}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
