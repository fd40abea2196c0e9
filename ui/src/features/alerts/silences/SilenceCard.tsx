import { ActionIcon, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { BellRing, Pencil, RotateCcw } from "lucide-react";
import { expireSilence, type Silence } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { formatDateTime } from "../../../base/time";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import classes from "../../../widgets/cards/cards.module.css";
import { useCardStrings } from "../../../widgets/cards/strings";
import { useSilenceStrings } from "./strings";

const TONES = { active: "warning", pending: "plain", expired: "quiet" } as const;

export function SilenceCard(props: { silence: Silence; onEdit: () => void }) {
  const t = useSilenceStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { silence } = props;
  const ending = useMutation({
    mutationFn: () => expireSilence(project, silence.id),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["silences"] }),
        queryClient.invalidateQueries({ queryKey: ["alerts"] }),
      ]),
  });
  const isOver = silence.state === "expired";
  const edit = isOver ? t("again") : words("edit");
  return (
    <article className={classes.card} data-tone={TONES[silence.state]}>
      <header className={classes.head}>
        <span className={classes.badge} data-tone={TONES[silence.state]}>
          {t(silence.state)}
        </span>
        <div className={classes.labels} style={{ marginTop: 0 }}>
          {silence.matchers.map(({ name, op, value }) => (
            <span key={`${name}${op}${value}`} className={classes.label}>
              {name}
              {op}"{value}"
            </span>
          ))}
        </div>
        <span className={classes.gap} />
        <Tooltip label={edit}>
          <ActionIcon size="sm" aria-label={edit} onClick={props.onEdit}>
            {isOver ? <RotateCcw size={14} /> : <Pencil size={14} />}
          </ActionIcon>
        </Tooltip>
        {!isOver && (
          <ConfirmButton
            label={t("expire")}
            icon={<BellRing size={14} />}
            question={t("expireQuestion")}
            explained={t("expireExplained")}
            isPending={ending.isPending}
            error={ending.error}
            onConfirm={(close) => ending.mutate(undefined, { onSuccess: close })}
          />
        )}
      </header>
      {silence.comment && <p className={classes.text}>{silence.comment}</p>}
      <p className={`${classes.facts} muted`}>
        <span>{t("since", { time: formatDateTime(silence.starts_at).slice(0, 16) })}</span>
        <span>{t("until", { time: formatDateTime(silence.ends_at).slice(0, 16) })}</span>
        {silence.created_by && <span>{silence.created_by}</span>}
      </p>
    </article>
  );
}
