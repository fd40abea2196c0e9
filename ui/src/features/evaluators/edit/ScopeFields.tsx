import { Fieldset, Input, NumberInput, SegmentedControl } from "@mantine/core";
import { useRef } from "react";
import type { EvaluatorInput, TargetType } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { FilterBar } from "../../../widgets/list/FilterBar";
import classes from "./EditPage.module.css";
import { useEditStrings } from "./strings";

type ScopeFieldsProps = { draft: EvaluatorInput; onChange: (part: Partial<EvaluatorInput>) => void };

/** Which traces are judged, and how many of them. */
export function ScopeFields(props: ScopeFieldsProps) {
  const t = useEditStrings();
  const project = useProject();
  const input = useRef<HTMLInputElement>(null);
  const { draft, onChange } = props;
  const selection = { project, from: "now-24h", to: "now", filter: draft.filter };
  return (
    <Fieldset legend={t("scope")} className={classes.fields}>
      <SegmentedControl
        size="xs"
        aria-label={t("target")}
        value={draft.target_type}
        onChange={(target) => onChange({ target_type: target as TargetType })}
        data={[
          { value: "trace", label: t("wholeTraces") },
          { value: "span", label: t("singleSpans") },
        ]}
      />
      <Input.Wrapper label={t("filter")} description={t("filterHint")}>
        <FilterBar
          selection={selection}
          target={draft.target_type === "span" ? "spans" : "traces"}
          placeholder={t("filterPlaceholder")}
          problem={null}
          inputRef={input}
          appliesOnLeaving
          onApply={(filter) => onChange({ filter: filter ?? "" })}
        />
      </Input.Wrapper>
      <NumberInput
        label={t("sampling")}
        description={t("samplingHint")}
        suffix=" %"
        min={0}
        max={100}
        step={5}
        decimalScale={3}
        value={Number((draft.sampling_rate * 100).toFixed(6))}
        onChange={(percent) => onChange({ sampling_rate: Number(percent) / 100 })}
      />
      <NumberInput
        label={t("delay")}
        description={t("delayHint")}
        suffix=" s"
        min={0}
        max={86_400}
        value={draft.delay_s}
        onChange={(seconds) => onChange({ delay_s: Number(seconds) })}
      />
    </Fieldset>
  );
}
