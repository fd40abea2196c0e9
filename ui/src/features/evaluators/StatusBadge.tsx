import { Tooltip } from "@mantine/core";
import type { EvaluatorStatus, RunStatus } from "../../api/evaluators";
import classes from "../../widgets/cards/cards.module.css";
import { useEvaluatorStrings } from "./strings";

const TONES: Partial<Record<EvaluatorStatus | RunStatus, string>> = {
  running: "good",
  done: "good",
  over_budget: "warning",
  failing: "bad",
  invalid: "bad",
};

/** How an evaluator or a run of it is doing; the reason, where there is one, is in the tooltip. */
export function StatusBadge(props: { status: EvaluatorStatus | RunStatus; reason: string | null }) {
  const t = useEvaluatorStrings();
  const { status, reason } = props;
  return (
    <Tooltip label={reason ?? t(`${status}Hint`)} multiline maw={420}>
      <span className={classes.badge} data-tone={TONES[status]}>
        {t(status)}
      </span>
    </Tooltip>
  );
}
