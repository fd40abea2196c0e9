import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { evaluatorQuery } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { ErrorState } from "../../../widgets/ErrorState";
import { EvaluatorActions } from "../EvaluatorActions";
import { draftOf } from "../edit/draft";
import { Scope } from "../Scope";
import { StatusBadge } from "../StatusBadge";
import { TryPanel } from "../try/TryPanel";
import { EvaluatorFacts } from "./EvaluatorFacts";
import { FailureTable } from "./FailureTable";
import { RunList } from "./RunList";
import { useDetailStrings } from "./strings";

/** One evaluator: how it fares, what it could not judge, its runs over history: /evaluators/$evaluatorId. */
export function EvaluatorPage() {
  const t = useDetailStrings();
  const { evaluatorId } = useParams({ from: "/evaluators/$evaluatorId" });
  const navigate = useNavigate();
  const query = useQuery(evaluatorQuery(useProject(), evaluatorId));
  const evaluator = query.data;
  useEffect(() => {
    if (evaluator) document.title = `${evaluator.name} · Spanglass`;
  }, [evaluator]);
  if (evaluator === undefined) {
    if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
    return <Skeleton height={200} m={12} radius="sm" />;
  }
  const { notice, state } = evaluator;
  return (
    <div className={classes.page}>
      <Stale error={query.error} />
      <header className={classes.head}>
        <h2 className={classes.name}>{evaluator.name}</h2>
        <StatusBadge status={state.status} reason={state.reason} />
        <span className={classes.badge}>{t("version", { version: evaluator.version })}</span>
        <Scope evaluator={evaluator} />
        <span className={classes.end}>
          <EvaluatorActions evaluator={evaluator} onDeleted={() => void navigate({ to: "/evaluators" })} />
        </span>
      </header>
      {state.reason && <p className={classes.text}>{state.reason}</p>}
      <EvaluatorFacts evaluator={evaluator} />
      {notice && <p className="muted">{t("notice", notice)}</p>}
      <RunList evaluator={evaluator} />
      <FailureTable evaluator={evaluator} />
      <section className={classes.card}>
        <TryPanel draft={draftOf(evaluator)} evaluatorId={evaluator.id} />
      </section>
    </div>
  );
}
