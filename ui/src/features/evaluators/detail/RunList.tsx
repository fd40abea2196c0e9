import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useState } from "react";
import { type Evaluator, runsQuery } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";
import { RunDialog } from "./RunDialog";
import { RunRow } from "./RunRow";
import { useDetailStrings } from "./strings";

/** Runs of the evaluator over what was stored before, the newest first. */
export function RunList(props: { evaluator: Evaluator }) {
  const t = useDetailStrings();
  const runs = useQuery(runsQuery(useProject(), props.evaluator.id));
  const [isOpen, setOpen] = useState(false);
  return (
    <section className={classes.card}>
      <header className={classes.head}>
        <h3 className={classes.name}>{t("runs")}</h3>
        <span className={classes.gap} />
        <Button leftSection={<History size={14} />} onClick={() => setOpen(true)}>
          {t("run")}
        </Button>
      </header>
      {runs.data?.items.length === 0 && <p className="muted">{t("noRuns")}</p>}
      {runs.data?.items.map((run) => (
        <RunRow key={run.id} run={run} />
      ))}
      {isOpen && <RunDialog evaluator={props.evaluator} onClose={() => setOpen(false)} />}
    </section>
  );
}
