import type { RedactionPolicy } from "../../../api/redaction";
import {
  type Choice,
  choiceOf,
  commonChoice,
  fieldsOf,
  withChoice,
  withFields,
} from "../../../model/redaction/policy";
import cards from "../../../widgets/cards/cards.module.css";
import { ActionSelect } from "./ActionSelect";
import { FieldsPicker } from "./FieldsPicker";
import { useDetectorName } from "./names";
import classes from "./privacy.module.css";
import { usePrivacyStrings } from "./strings";

const CHOICES: readonly Choice[] = ["keep", "mask", "hash", "drop"];

type DetectorSectionProps = {
  title: string;
  detectors: string[];
  fields: readonly string[];
  policy: RedactionPolicy;
  onChange: (policy: RedactionPolicy) => void;
};

/** Detectors of one sort, each with what happens to what it finds. */
export function DetectorSection(props: DetectorSectionProps) {
  const t = usePrivacyStrings();
  const detectorName = useDetectorName();
  const { title, detectors, policy, onChange } = props;
  return (
    <section className={cards.card} aria-label={title}>
      <header className={cards.head}>
        <h2 className={cards.name}>{title}</h2>
        <span className={cards.end}>
          <span className="muted">{t("allOf")}</span>
          <ActionSelect
            label={t("actionFor", { name: `${title}: ${t("allOf")}` })}
            value={commonChoice(policy, detectors)}
            choices={CHOICES}
            onChange={(choice) => onChange(withChoice(policy, detectors, choice))}
          />
        </span>
      </header>
      <div className={classes.rules}>
        {detectors.map((detector) => (
          <div key={detector} className={classes.rule}>
            <span className={classes.ruleName}>{detectorName(detector)}</span>
            {choiceOf(policy, detector) !== "keep" && (
              <FieldsPicker
                name={detectorName(detector)}
                all={props.fields}
                value={fieldsOf(policy, detector)}
                onChange={(fields) => onChange(withFields(policy, detector, fields))}
              />
            )}
            <ActionSelect
              label={t("actionFor", { name: detectorName(detector) })}
              value={choiceOf(policy, detector)}
              choices={CHOICES}
              onChange={(choice) => onChange(withChoice(policy, [detector], choice))}
            />
          </div>
        ))}
      </div>
    </section>
  );
}
