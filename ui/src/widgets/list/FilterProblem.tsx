import type { Problem } from "../../api/types";
import classes from "./FilterProblem.module.css";
import { useListWords } from "./strings";

/** What the server could not read, with a mark under the place it means. */
export function FilterProblem(props: { filter: string; problem: Problem }) {
  const t = useListWords();
  const { filter, problem } = props;
  const { column } = problem;
  // The server counts characters; a string here counts UTF-16 units.
  const characters = [...filter];
  const hint = withoutCaret(problem.hint);
  return (
    <div className={classes.box} role="alert">
      {column !== null && (
        <pre className={classes.text}>
          {characters.slice(0, column).join("")}
          <mark className={classes.mark}>{characters[column] ?? " "}</mark>
          {characters.slice(column + 1).join("")}
        </pre>
      )}
      <div>
        {problem.detail ?? problem.title}
        {column !== null && <span className="muted"> ({t("at", { column: column + 1 })})</span>}
      </div>
      {hint && <div className="muted">{hint}</div>}
    </div>
  );
}

/** The hint ends with the place drawn in text, for terminals; here it is marked in the filter itself. */
function withoutCaret(hint: string | null): string {
  return (hint ?? "").replace(/(^|\n)[^\n]*\n *\^$/, "");
}
