import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../../../api/me";
import { putRedaction, type Redaction, resetRedaction } from "../../../api/redaction";
import { useProject } from "../../../api/useProject";
import { isSamePolicy } from "../../../model/redaction/policy";
import cards from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { ContentSection } from "./ContentSection";
import { CountsSection } from "./CountsSection";
import { DetectorSection } from "./DetectorSection";
import { KeySection } from "./KeySection";
import { PatternSection } from "./PatternSection";
import { SaveBar } from "./SaveBar";
import { usePrivacyStrings } from "./strings";
import { TrialSection } from "./TrialSection";

/** The rules, changed here and saved at once. */
export function PolicyEditor(props: { redaction: Redaction }) {
  const t = usePrivacyStrings();
  const { redaction } = props;
  const project = useProject();
  const queryClient = useQueryClient();
  const mayChange = useMay("admin");
  const [policy, setPolicy] = useState(redaction.policy);
  const reload = () => queryClient.invalidateQueries({ queryKey: ["redaction"] });
  const saving = useMutation({ mutationFn: () => putRedaction(project, policy), onSuccess: reload });
  const resetting = useMutation({ mutationFn: () => resetRedaction(project), onSuccess: reload });
  const common = { policy, onChange: setPolicy };
  return (
    <div className={cards.page}>
      <p className="muted">
        {t("lead")} {t("actionsHelp")} {redaction.is_default && t("isDefault")}
      </p>
      <CountsSection />
      <fieldset disabled={!mayChange} style={{ display: "contents" }}>
        <ContentSection redaction={redaction} {...common} />
        <DetectorSection
          title={t("personal")}
          detectors={redaction.personal}
          fields={redaction.fields}
          {...common}
        />
        <DetectorSection
          title={t("secrets")}
          detectors={redaction.secrets}
          fields={redaction.fields}
          {...common}
        />
        <PatternSection
          patterns={policy.patterns}
          fields={redaction.fields}
          onChange={(patterns) => setPolicy({ ...policy, patterns })}
        />
        <KeySection keys={policy.keys} onChange={(keys) => setPolicy({ ...policy, keys })} />
      </fieldset>
      <TrialSection policy={policy} fields={redaction.fields} />
      <Problem error={saving.error} />
      <SaveBar
        isChanged={!isSamePolicy(policy, redaction.policy)}
        isDefault={redaction.is_default}
        isSaving={saving.isPending}
        isResetting={resetting.isPending}
        resetError={resetting.error}
        onSave={() => saving.mutate()}
        onDiscard={() => setPolicy(redaction.policy)}
        onReset={(close) => resetting.mutate(undefined, { onSuccess: close })}
      />
    </div>
  );
}
