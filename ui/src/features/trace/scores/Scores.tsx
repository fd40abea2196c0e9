import { ActionIcon, Popover, Tooltip } from "@mantine/core";
import { MessageSquarePlus } from "lucide-react";
import { useState } from "react";
import type { Score, Trace } from "../../../api/types";
import { ScoreChip } from "./ScoreChip";
import { ScoreForm } from "./ScoreForm";
import classes from "./Scores.module.css";
import { useScoreStrings } from "./strings";
import { useScoring } from "./useScoring";

/** The scores of a trace, or of one span of it, and a way to give one by hand. */
export function Scores(props: {
  trace: Trace;
  /** Null: the trace itself is judged. */
  spanId: string | null;
  scores: readonly Score[];
  /** Of the whole trace: their names are offered. */
  known: readonly Score[];
}) {
  const t = useScoreStrings();
  const [isOpen, setOpen] = useState(false);
  const { save, add, remove, done, error } = useScoring(props.trace, props.spanId);
  return (
    <section className={classes.scores} aria-label={t("scores")}>
      {props.scores.map((score) => (
        <ScoreChip
          key={score.id}
          score={score}
          onRemove={score.source === "person" ? () => remove.mutate(score) : undefined}
        />
      ))}
      <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus width={280}>
        <Popover.Target>
          <Tooltip label={t("addHelp")} disabled={isOpen}>
            <ActionIcon
              size="sm"
              className={classes.add}
              aria-label={t("addHelp")}
              aria-expanded={isOpen}
              onClick={() => {
                add.reset();
                setOpen(!isOpen);
              }}
            >
              <MessageSquarePlus size={14} />
            </ActionIcon>
          </Tooltip>
        </Popover.Target>
        <Popover.Dropdown>
          <ScoreForm
            known={props.known}
            isSaving={add.isPending}
            error={add.error}
            onSave={(draft) => void save(draft).then(() => setOpen(false), ignoreTold)}
            onCancel={() => setOpen(false)}
          />
        </Popover.Dropdown>
      </Popover>
      <span role="status" className={classes.done}>
        {error?.message ?? (done && t(done.kind, { name: done.name }))}
        {done && !error && (
          <button type="button" className={classes.undo} onClick={done.undo}>
            {t("undo")}
          </button>
        )}
      </span>
    </section>
  );
}

/** The form shows why a score was not stored. */
function ignoreTold(): void {}
