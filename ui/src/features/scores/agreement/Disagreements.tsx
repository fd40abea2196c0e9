import { Link } from "@tanstack/react-router";
import type { Disagreement } from "../../../api/scores";
import { formatTime } from "../../../base/time";
import { formatNumber } from "../../../model/estimates";
import classes from "../parts/scores.module.css";
import { useScoresStrings } from "../strings";

const ID_SHOWN = 12;

/** The pairs to look at: what each side said, and why. */
export function Disagreements(props: { items: readonly Disagreement[]; first: string; second: string }) {
  const t = useScoresStrings();
  return (
    <section className={classes.panel}>
      <div className={classes.head}>
        <h2>{t("disagreements")}</h2>
      </div>
      {props.items.length === 0 ? (
        <p className="muted">{t("noDisagreement")}</p>
      ) : (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("trace")}</th>
                <th>{props.first}</th>
                <th>{props.second}</th>
                <th>{t("comment")}</th>
                <th>{t("given")}</th>
              </tr>
            </thead>
            <tbody>
              {props.items.map((item) => (
                <tr key={`${item.trace_id} ${item.span_id} ${item.session_id}`}>
                  <td>
                    {item.trace_id ? (
                      <Link
                        to="/traces/$traceId"
                        params={{ traceId: item.trace_id }}
                        search={item.span_id ? { span: item.span_id } : {}}
                      >
                        {item.trace_id.slice(0, ID_SHOWN)}
                      </Link>
                    ) : (
                      item.session_id
                    )}
                  </td>
                  <td>{shown(item.first)}</td>
                  <td>{shown(item.second)}</td>
                  <td className={classes.words} title={reasons(item)}>
                    {reasons(item)}
                  </td>
                  <td className={classes.time}>{formatTime(item.timestamp, Date.now())}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function shown(value: number | string | null): string {
  return typeof value === "string" ? value : formatNumber(value);
}

function reasons(item: Disagreement): string {
  return [item.first_comment, item.second_comment].filter(Boolean).join(" · ");
}
