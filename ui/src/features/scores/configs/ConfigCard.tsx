import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Archive } from "lucide-react";
import { archiveScoreConfig, restoreScoreConfig, type ScoreConfig } from "../../../api/scores";
import { useProject } from "../../../api/useProject";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { useScoresStrings } from "../strings";

/** A score configuration. */
export function ConfigCard(props: { config: ScoreConfig }) {
  const t = useScoresStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { config } = props;
  const told = { onSuccess: () => queryClient.invalidateQueries({ queryKey: ["score-configs"] }) };
  const archiving = useMutation({ mutationFn: () => archiveScoreConfig(project, config.id), ...told });
  const restoring = useMutation({ mutationFn: () => restoreScoreConfig(project, config.id), ...told });
  const { min_value: least, max_value: greatest } = config;
  return (
    <article className={classes.card} data-tone={config.is_archived ? "quiet" : undefined}>
      <div className={classes.head}>
        <h2 className={classes.name}>
          <Link to="/scores/name/$name" params={{ name: config.name }}>
            {config.name}
          </Link>
        </h2>
        <span className={classes.badge}>{t(config.data_type)}</span>
        {config.is_archived && <span className={classes.badge}>{t("archived")}</span>}
        <span className={classes.end}>
          {config.is_archived ? (
            <Button size="compact-xs" loading={restoring.isPending} onClick={() => restoring.mutate()}>
              {t("restore")}
            </Button>
          ) : (
            <ConfirmButton
              label={t("archive")}
              question={t("archiveQuestion")}
              explained={t("archiveExplained", { name: config.name })}
              icon={<Archive size={14} />}
              isPending={archiving.isPending}
              error={archiving.error}
              onConfirm={(close) => archiving.mutate(undefined, { onSuccess: close })}
            />
          )}
        </span>
      </div>
      {config.description && <p className={classes.text}>{config.description}</p>}
      <div className={classes.facts}>
        {config.data_type === "numeric" && (
          <span>
            {least ?? "−∞"} – {greatest ?? "∞"}
          </span>
        )}
        {config.data_type !== "text" && (
          <span className="muted">
            {t("better")}: {config.better === "none" ? t("noneBetter") : t(config.better)}
          </span>
        )}
      </div>
      {config.data_type === "categorical" && (
        <div className={classes.labels}>
          {config.categories.map(({ label, value }) => (
            <span key={label} className={classes.label}>
              {label} {value}
            </span>
          ))}
        </div>
      )}
      <Problem error={restoring.error} />
    </article>
  );
}
