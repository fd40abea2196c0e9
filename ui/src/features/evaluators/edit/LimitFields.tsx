import { Fieldset, NumberInput } from "@mantine/core";
import type { EvaluatorInput } from "../../../api/evaluators";
import classes from "./EditPage.module.css";
import { useEditStrings } from "./strings";

type LimitFieldsProps = {
  draft: EvaluatorInput;
  isJudge: boolean;
  onChange: (part: Partial<EvaluatorInput>) => void;
};

/** What it may take: of a judge also money. */
export function LimitFields(props: LimitFieldsProps) {
  const t = useEditStrings();
  const { draft, onChange } = props;
  if (!props.isJudge) return null;
  return (
    <Fieldset legend={t("limits")} className={classes.fields}>
      <NumberInput
        label={t("budget")}
        description={t("budgetHint")}
        prefix="$"
        min={0}
        decimalScale={4}
        value={draft.budget_usd_per_day ?? ""}
        onChange={(usd) => onChange({ budget_usd_per_day: usd === "" ? null : Number(usd) })}
      />
      <NumberInput
        label={t("concurrency")}
        min={1}
        max={256}
        value={draft.concurrency_max}
        onChange={(count) => onChange({ concurrency_max: Math.max(1, Number(count)) })}
      />
      <NumberInput
        label={t("perMinute")}
        description={t("perMinuteHint")}
        min={1}
        value={draft.calls_per_minute_max ?? ""}
        onChange={(count) => onChange({ calls_per_minute_max: count === "" ? null : Number(count) })}
      />
    </Fieldset>
  );
}
