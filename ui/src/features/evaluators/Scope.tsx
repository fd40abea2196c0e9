import { Link } from "@tanstack/react-router";
import type { Evaluator } from "../../api/evaluators";
import { formatPercent } from "../../base/format";
import { useListStrings } from "./list/strings";
import { useEvaluatorStrings } from "./strings";

/** "5 % of traces with feature:search"; leads to those traces. */
export function Scope(props: { evaluator: Pick<Evaluator, "filter" | "sampling_rate" | "target_type"> }) {
  const t = useListStrings();
  const words = useEvaluatorStrings();
  const { filter, sampling_rate, target_type } = props.evaluator;
  const text = t("sampled", { share: formatPercent(sampling_rate), what: words(target_type), filter });
  if (target_type === "span") return <span className="muted">{text}</span>;
  return (
    <Link to="/traces" search={filter === "" ? {} : { filter }} className="muted">
      {text}
    </Link>
  );
}
