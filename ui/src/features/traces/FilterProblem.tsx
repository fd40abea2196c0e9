import type { Problem } from "../../api/types";
import classes from "./FilterProblem.module.css";
import { useListStrings } from "./strings";

/** What the server could not read, with a mark under the place it means. */
export function FilterProblem(props: { filter: string; problem: Problem }) {
  const t = useListStrings();
  const { filter, problem } = props;
  const { column } = problem;
  return (
    <div className={classes.box} role="alert">
      {column !== null && (
        <pre className={classes.text}>
          {filter.slice(0, column)}
          <mark className={classes.mark}>{filter.slice(column, column + 1) || " "}</mark>
          {filter.slice(column + 1)}
        </pre>
      )}
      <div>
        {problem.detail ?? problem.title}
        {column !== null && <span className="muted"> ({t("at", { column: column + 1 })})</span>}
      </div>
      {problem.hint && <div className="muted">{problem.hint}</div>}
    </div>
  );
}
