import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useMemo } from "react";
import { scoreNamesQuery } from "../../../api/scores";
import { ErrorState } from "../../../widgets/ErrorState";
import { ScopeBar } from "../parts/ScopeBar";
import classes from "../parts/scores.module.css";
import { useScope } from "../parts/useScope";
import { changed, parseScoresSearch, type ScoreSearch, type ScoresSearch } from "../search";
import { useScoresStrings } from "../strings";
import { MeasuredScore } from "./MeasuredScore";
import { NewestScores } from "./NewestScores";

/** Everything there is to one score: /scores/name/$name. */
export function ScorePage() {
  const t = useScoresStrings();
  const { name } = useParams({ from: "/scores/name/$name" });
  const search = useSearch({ from: "/scores/name/$name" });
  const navigate = useNavigate({ from: "/scores/name/$name" });
  const scope = useScope(search);
  const names = useQuery(scoreNamesQuery(scope, 0));
  const types = names.data?.items.filter((item) => item.name === name).map((item) => item.data_type) ?? [];
  const type = search.type ?? types[0];
  // Without a score in the range nothing says which type it has: the server's choice.
  const of = useMemo(() => ({ name, data_type: type ?? "" }), [name, type]);
  const isKnown = type !== undefined || names.data !== undefined;
  const change = (part: { [Key in keyof ScoreSearch]?: ScoreSearch[Key] | null }) =>
    void navigate({ search: (old) => changed(old, part) });
  return (
    <div className={classes.page}>
      <ScopeBar scope={scope} error={names.error} onChange={change} />
      <div className={classes.bar}>
        <Link to="/scores" search={changed<ScoresSearch>({}, parseScoresSearch(search))}>
          <ArrowLeft size={13} /> {t("back")}
        </Link>
        <h2 className={classes.title}>{name}</h2>
        {types.length > 1 && (
          <Select
            w={130}
            aria-label={t("asType")}
            allowDeselect={false}
            value={type ?? null}
            onChange={(chosen) => change({ type: chosen as ScoreSearch["type"] })}
            data={types.map((one) => ({ value: one, label: t(one) }))}
          />
        )}
      </div>
      {names.error && <ErrorState error={names.error} onRetry={() => void names.refetch()} />}
      {isKnown && type !== "text" && type !== "correction" && (
        <MeasuredScore scope={scope} of={of} by={search.by ?? "feature"} onChange={change} />
      )}
      {isKnown && (
        <NewestScores
          scope={scope}
          of={of}
          isLow={search.low === "1"}
          onLow={(low) => change({ low: low ? "1" : null })}
        />
      )}
    </div>
  );
}
