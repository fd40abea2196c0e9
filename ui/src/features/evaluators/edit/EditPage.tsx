import { Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import {
  changeEvaluator,
  createEvaluator,
  type Evaluator,
  type EvaluatorInput,
  type EvaluatorKinds,
  evaluatorKindsQuery,
} from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { ErrorState } from "../../../widgets/ErrorState";
import { useKindWords } from "../kindWords";
import { TryPanel } from "../try/TryPanel";
import { draftOf, firstDraft, isNewVersion } from "./draft";
import classes from "./EditPage.module.css";
import { EstimateBox } from "./EstimateBox";
import { EvaluatorForm } from "./EvaluatorForm";
import { useEditStrings } from "./strings";

/** A new evaluator (null) or one that is there, beside what it would cost and say. */
export function EditPage(props: { evaluator: Evaluator | null }) {
  const kinds = useQuery(evaluatorKindsQuery(useProject()));
  const inWords = useKindWords();
  if (kinds.data !== undefined) {
    const known = { ...kinds.data, items: kinds.data.items.map(inWords) };
    return <Editor evaluator={props.evaluator} kinds={known} />;
  }
  if (kinds.error) return <ErrorState error={kinds.error} onRetry={() => void kinds.refetch()} />;
  return <Skeleton height={300} m={12} radius="sm" />;
}

function Editor(props: { evaluator: Evaluator | null; kinds: EvaluatorKinds }) {
  const t = useEditStrings();
  const project = useProject();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { evaluator, kinds } = props;
  const [draft, setDraft] = useState<EvaluatorInput | null>(() => beginning(evaluator, kinds));
  const saving = useMutation({
    mutationFn: (input: EvaluatorInput) =>
      evaluator ? changeEvaluator(project, evaluator.id, input) : createEvaluator(project, input),
    onSuccess: async (saved) => {
      await queryClient.invalidateQueries({ queryKey: ["evaluators"] });
      await navigate({ to: "/evaluators/$evaluatorId", params: { evaluatorId: saved.id } });
    },
  });
  if (draft === null) return null;
  return (
    <div className={classes.page}>
      <h2 className={`${classes.title} ${classes.head}`}>
        {evaluator ? t("editing", { name: evaluator.name }) : t("adding")}
      </h2>
      <EvaluatorForm
        draft={draft}
        kinds={kinds}
        isNew={evaluator === null}
        becomesNewVersion={evaluator !== null && isNewVersion(draftOf(evaluator), draft)}
        isSaving={saving.isPending}
        error={saving.error}
        onChange={setDraft}
        onSave={() => saving.mutate({ ...draft, name: draft.name.trim() })}
      />
      <aside className={classes.side}>
        <EstimateBox draft={draft} evaluatorId={evaluator?.id ?? null} />
        <TryPanel draft={draft} evaluatorId={evaluator?.id ?? null} />
      </aside>
    </div>
  );
}

function beginning(evaluator: Evaluator | null, kinds: EvaluatorKinds): EvaluatorInput | null {
  if (evaluator) return draftOf(evaluator);
  const kind = kinds.items.find(({ is_judge }) => is_judge) ?? kinds.items[0];
  return kind ? firstDraft(kind, "") : null;
}
