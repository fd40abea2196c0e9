import type { Group } from "../../api/sessions";
import { ABSENT } from "../../base/format";
import { useGroupWords } from "./strings";

/** How good the answers were, with the scores it comes from on hover. */
export function QualityText(props: { group: Pick<Group, "quality" | "quality_count" | "scores"> }) {
  const t = useGroupWords();
  const { quality, quality_count: count, scores } = props.group;
  const means = scores.map((score) => `${score.name} ${score.mean.toFixed(2)} (${score.count})`);
  if (quality === null) {
    const first = scores[0];
    if (first === undefined) return <span className="muted">{ABSENT}</span>;
    return <span title={means.join("\n")}>{`${first.name} ${first.mean.toFixed(2)}`}</span>;
  }
  return <span title={[t("qualityOf", { count }), ...means].join("\n")}>{quality.toFixed(2)}</span>;
}
