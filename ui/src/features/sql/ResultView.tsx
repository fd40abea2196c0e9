import { Button, Skeleton } from "@mantine/core";
import { CircleAlert, Database } from "lucide-react";
import { useEffect, useState } from "react";
import { ApiError } from "../../api/client";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { type Example, titleOf } from "./examples";
import { problemOf } from "./problem";
import { ResultBar } from "./ResultBar";
import { ResultChart } from "./ResultChart";
import { ResultTable } from "./ResultTable";
import classes from "./SqlPage.module.css";
import { useSqlStrings } from "./strings";
import type { useSqlState } from "./useSqlState";

type ViewProps = {
  state: ReturnType<typeof useSqlState>;
  examples: readonly Example[];
  onChoose: (query: string) => void;
  onPlace: (column: number) => void;
};

/** What the statement found: nothing asked yet, running, wrong, empty, or rows. */
export function ResultView({ state, examples, onChoose, onPlace }: ViewProps) {
  const t = useSqlStrings();
  const { answer, view } = state;
  const [fileError, setFileError] = useState<Error | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another statement has another file
  useEffect(() => setFileError(null), [state.statement]);
  const error = fileError ?? answer.error;
  if (state.query === "") return <Examples examples={examples} onChoose={onChoose} />;
  if (error) return <Failure error={error} onPlace={onPlace} onRetry={() => onChoose(state.query)} />;
  if (answer.data === undefined)
    return answer.fetchStatus === "fetching" ? (
      <div role="status" aria-label={t("running")} className={classes.waiting}>
        <Skeleton height={180} radius="sm" />
      </div>
    ) : (
      <EmptyState title={t("cancelled")} />
    );
  return (
    <section className={classes.result} aria-busy={answer.isFetching} aria-label={t("result")}>
      <ResultBar
        project={state.project}
        statement={state.statement}
        result={answer.data}
        view={view}
        onView={(next) => state.change({ view: next }, true)}
        onError={setFileError}
      />
      {answer.data.rows.length === 0 ? (
        <EmptyState title={t("empty")}>{t("emptyHint")}</EmptyState>
      ) : view === null ? (
        <ResultTable key={answer.dataUpdatedAt} result={answer.data} />
      ) : (
        <ResultChart result={answer.data} kind={view} />
      )}
    </section>
  );
}

function Failure(props: { error: Error; onPlace: (column: number) => void; onRetry: () => void }) {
  const t = useSqlStrings();
  const { error } = props;
  const place = problemOf(error);
  if (!(error instanceof ApiError) || (error.status !== 400 && error.status !== 422))
    return <ErrorState error={error} onRetry={props.onRetry} />;
  return (
    <EmptyState
      icon={<CircleAlert size={28} />}
      title={error.status === 422 ? t("tooLarge") : t("failed")}
      actions={place && <Button onClick={() => props.onPlace(place.column)}>{t("goThere")}</Button>}
    >
      <p className={classes.problem}>{error.message}</p>
      {error.problem.hint && <p className="muted">{error.problem.hint}</p>}
    </EmptyState>
  );
}

function Examples(props: { examples: readonly Example[]; onChoose: (query: string) => void }) {
  const t = useSqlStrings();
  return (
    <div className={classes.examples}>
      <EmptyState icon={<Database size={28} />} title={t("examples")}>
        {t("examplesHint")}
      </EmptyState>
      <ul className={classes.list}>
        {props.examples.map((example) => (
          <li key={example.name}>
            <button type="button" className={classes.example} onClick={() => props.onChoose(example.query)}>
              <span>{titleOf(t, example)}</span>
              <code className="mono muted">{example.query.replace(/\s+/g, " ")}</code>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
