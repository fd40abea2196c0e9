import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type EvaluatorInput, estimateDay } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import cards from "../../../widgets/cards/cards.module.css";
import { EstimateView } from "../EstimateView";
import { useEstimateStrings } from "../estimateStrings";
import { named } from "./draft";

const PAUSE_MS = 600;

/** What a day of it would judge and cost, by the last day's traffic: nobody should learn it from the bill. */
export function EstimateBox(props: { draft: EvaluatorInput; evaluatorId: string | null }) {
  const t = useEstimateStrings();
  const project = useProject();
  const { evaluatorId } = props;
  const [draft] = useDebouncedValue(props.draft, PAUSE_MS);
  const estimate = useQuery({
    queryKey: ["evaluator-estimate", project, evaluatorId, draft],
    queryFn: () => estimateDay(project, { definition: named(draft), evaluator_id: evaluatorId }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  return (
    <section className={cards.card} aria-label={t("day")}>
      <h3 className={cards.name}>{t("day")}</h3>
      {estimate.error ? (
        <p className="muted">{estimate.error.message}</p>
      ) : (
        estimate.data && <EstimateView estimate={estimate.data} budget={draft.budget_usd_per_day} />
      )}
    </section>
  );
}
