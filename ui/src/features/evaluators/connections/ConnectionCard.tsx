import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, Zap } from "lucide-react";
import { deleteConnection, type JudgeConnection, testConnection } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { formatDuration } from "../../../base/format";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { useConnectionStrings } from "./strings";

/** A judge; the test really asks it. */
export function ConnectionCard(props: { connection: JudgeConnection; onEdit: () => void }) {
  const t = useConnectionStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { connection } = props;
  const test = useMutation({ mutationFn: () => testConnection(project, connection.name) });
  const removal = useMutation({
    mutationFn: () => deleteConnection(project, connection.name),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["judge-connections"] }),
  });
  return (
    <article className={classes.card}>
      <header className={classes.head}>
        <h2 className={classes.name}>{connection.name}</h2>
        <span className="muted">
          {[connection.provider, connection.default_model, connection.base_url].filter(Boolean).join(" · ")}
        </span>
        <span className={classes.gap} />
        <Button leftSection={<Zap size={13} />} loading={test.isPending} onClick={() => test.mutate()}>
          {t("test")}
        </Button>
        <Tooltip label={words("edit")}>
          <ActionIcon size="sm" aria-label={words("edit")} onClick={props.onEdit}>
            <Pencil size={14} />
          </ActionIcon>
        </Tooltip>
        <ConfirmButton
          permission="admin"
          label={words("remove")}
          question={t("removeQuestion")}
          explained={t("removeExplained", { name: connection.name })}
          isPending={removal.isPending}
          error={removal.error}
          onConfirm={(close) => removal.mutate(undefined, { onSuccess: close })}
        />
      </header>
      <Problem error={test.error} />
      {test.data && (
        <p className={classes.facts} role="status">
          <span className={classes.badge} data-tone={test.data.ok ? "good" : "bad"}>
            {test.data.ok ? t("works", { duration: formatDuration(test.data.duration_ms) }) : words("failed")}
          </span>
          {test.data.problem && <span>{test.data.problem}</span>}
          {test.data.hint && <span className="muted">{test.data.hint}</span>}
        </p>
      )}
    </article>
  );
}
