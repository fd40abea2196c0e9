import { ActionIcon, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pause, Pencil, Play } from "lucide-react";
import { changeEvaluator, deleteEvaluator, type Evaluator } from "../../api/evaluators";
import { useProject } from "../../api/useProject";
import { ConfirmButton } from "../../widgets/cards/ConfirmButton";
import { Problem } from "../../widgets/cards/Problem";
import { useCardStrings } from "../../widgets/cards/strings";
import { useListStrings } from "./list/strings";

/** Pause or start, edit, delete. */
export function EvaluatorActions(props: { evaluator: Evaluator; onDeleted?: () => void }) {
  const t = useListStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { evaluator } = props;
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["evaluators"] });
  const switching = useMutation({
    mutationFn: () => changeEvaluator(project, evaluator.id, { is_enabled: !evaluator.is_enabled }),
    onSuccess: refresh,
  });
  const removal = useMutation({
    mutationFn: () => deleteEvaluator(project, evaluator.id),
    onSuccess: () => {
      props.onDeleted?.();
      return refresh();
    },
  });
  const word = evaluator.is_enabled ? t("pause") : t("start");
  return (
    <>
      <Problem error={switching.error} />
      <Tooltip label={word}>
        <ActionIcon
          size="sm"
          aria-label={word}
          loading={switching.isPending}
          onClick={() => switching.mutate()}
        >
          {evaluator.is_enabled ? <Pause size={14} /> : <Play size={14} />}
        </ActionIcon>
      </Tooltip>
      <Tooltip label={words("edit")}>
        <Link
          to="/evaluators/$evaluatorId/edit"
          params={{ evaluatorId: evaluator.id }}
          aria-label={words("edit")}
        >
          <ActionIcon component="span" size="sm">
            <Pencil size={14} />
          </ActionIcon>
        </Link>
      </Tooltip>
      <ConfirmButton
        label={words("remove")}
        question={t("removeQuestion")}
        explained={t("removeExplained", { name: evaluator.name })}
        isPending={removal.isPending}
        error={removal.error}
        onConfirm={(close) => removal.mutate(undefined, { onSuccess: close })}
      />
    </>
  );
}
